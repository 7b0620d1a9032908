/** `answer`: an update or a signal of the author's own, to a run that waits for it. */
import { defineUpdate } from '@temporalio/workflow';
import { suggestion } from '../../common/did-you-mean.ts';
import { infrastructure, usage } from '../../common/problem.ts';
import { SIGNAL, UPDATE } from '../../contract/index.ts';
import { mayPass, type Temporal } from '../temporal/connection.ts';
import type { FoundRun } from '../temporal/find-run.ts';
import { noWorkerText } from '../temporal/workers.ts';
import { ask, mustRun } from './control.ts';

/** What a workflow of this SDK tells of itself when it is asked. */
const METADATA = '__temporal_workflow_metadata';
const OURS: ReadonlySet<string> = new Set([...Object.values(UPDATE), ...Object.values(SIGNAL)]);
const ANSWER_LIMIT_MS = 15_000;

interface Definition {
  readonly name?: string | null;
}
export interface Metadata {
  readonly definition?: {
    readonly updateDefinitions?: readonly Definition[] | null;
    readonly signalDefinitions?: readonly Definition[] | null;
  } | null;
}

/** Which of the two it is. @throws Problem (2) that lists what the run takes */
export function kindOf(name: string, { definition }: Metadata): 'update' | 'signal' {
  // Those of the DAG have commands that know what they take, or are between it and its chunks.
  const names = (all: readonly Definition[] | null | undefined) =>
    (all ?? []).flatMap(({ name }) => (name && !name.startsWith('__') && !OURS.has(name) ? [name] : []));
  const [updates, signals] = [names(definition?.updateDefinitions), names(definition?.signalDefinitions)];
  if (updates.includes(name)) return 'update';
  if (signals.includes(name)) return 'signal';
  const known = [...updates, ...signals];
  throw usage(
    `the run takes no update or signal '${name}' now${suggestion(name, known)}\n` +
      (known.length === 0 ? '  it takes none' : `  it takes: ${known.join(', ')}`),
  );
}

/** What to say. @throws Problem (2) when it is refused, by its validator too, (3) when no worker answers */
export async function answer(
  temporal: Temporal,
  run: FoundRun,
  name: string,
  args: readonly unknown[],
): Promise<string> {
  mustRun(run);
  const metadata = await temporal.connection
    .withDeadline(Date.now() + ANSWER_LIMIT_MS, () => run.handle.query<Metadata>(METADATA))
    .catch((error: unknown) => {
      if (mayPass(error))
        throw infrastructure(`${run.workflowId} does not answer: ${noWorkerText(run.taskQueue)}`, error);
      throw error;
    });
  if (kindOf(name, metadata) === 'signal') {
    await run.handle.signal(name, ...args);
    return `'${name}' is sent; a signal has no answer`;
  }
  const said = await ask(temporal, run, defineUpdate<unknown, [unknown]>(name), ...(args as [unknown]));
  return said === undefined || said === null ? `'${name}' is done` : `'${name}' is done: ${JSON.stringify(said)}`;
}
