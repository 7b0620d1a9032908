/** Random DAGs, and random decisions on their failures, against a model: which tasks end how, and which failures fail the run. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import type { GraphNode } from '../../src/contract/index.ts';
import { failTask, graphQuery, retryTask, skipTask } from '../../src/workflows/dag/index.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import type { RandomTask } from './support/random-workflow.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

/** Each task waits for some of those before it. */
const tasks: fc.Arbitrary<RandomTask[]> = fc
  .array(
    fc.record({
      picks: fc.array(fc.nat(), { maxLength: 3 }),
      fails: fc.boolean(),
      catches: fc.boolean(),
      decision: fc.option(fc.constantFrom<Decision>('retry', 'skip with a value', 'skip', 'fail'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((drafts) =>
    drafts.map(({ picks, fails, catches, decision }, at) => ({
      after: at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))],
      fails,
      catches,
      ...(decision && { decision }),
    })),
  );

type Decision = NonNullable<RandomTask['decision']>;
/** `no result`: skipped or upstream, which depends on what is heard of first. */
type State = 'done' | 'failed' | 'no result' | 'skipped with a value';

const AFTER: Record<Decision, State> = {
  retry: 'done',
  'skip with a value': 'skipped with a value',
  skip: 'no result',
  fail: 'failed',
};
function stateOf({ state, error }: GraphNode): string {
  if (state === 'skipped' && error === undefined) return 'skipped with a value';
  return state === 'skipped' || state === 'upstream' ? 'no result' : state;
}

const isFine = (state: State | undefined) => state === 'done' || state === 'skipped with a value';

/** Decides on every task that is held, until the run has ended. */
async function decide(run: WorkflowHandle, all: readonly RandomTask[]): Promise<void> {
  let hasEnded = false;
  const end = run.result().catch(() => undefined);
  void end.then(() => (hasEnded = true));
  while (!hasEnded) {
    const { nodes } = await run.query(graphQuery);
    for (const { name } of nodes.filter(({ state }) => state === 'held')) {
      const decision = all[Number(name.slice(1))]?.decision;
      if (decision === 'retry') await run.executeUpdate(retryTask, { args: [name, { spec: { fail: null } }] });
      else if (decision === 'fail') await run.executeUpdate(failTask, { args: [name] });
      else await run.executeUpdate(skipTask, { args: decision === 'skip' ? [name] : [name, { value: 1 }] });
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
}

function model(all: readonly RandomTask[]): { states: State[]; blamed: string[] } {
  const states: State[] = [];
  for (const { after: sources, fails, catches, decision } of all) {
    const stopped = !catches && sources.some((source) => !isFine(states[source]));
    if (stopped) states.push('no result');
    else if (fails) states.push(decision ? AFTER[decision] : 'failed');
    else states.push('done');
  }
  const survived = (at: number): boolean => {
    const hearers = all.flatMap((task, hearer) => (task.after.includes(at) ? hearer : []));
    return hearers.length > 0 && hearers.every((hearer) => isFine(states[hearer]) || survived(hearer));
  };
  const blamed = states.flatMap((state, at) => (state === 'failed' && !survived(at) ? `t${at}` : []));
  return { states, blamed };
}

test('every DAG settles, with the states, the failures and the edges of the model', async () => {
  await fc.assert(
    fc.asyncProperty(tasks, fc.integer({ min: 1, max: 4 }), async (all, maxParallel) => {
      const expected = model(all);
      const handle = await worker.start('randomDag', { tasks: all, maxParallel });
      await decide(handle, all);
      const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
      const failure = error instanceof WorkflowFailedError ? (error.cause as ApplicationFailure) : undefined;
      const blamed = (failure?.details ?? []) as { task: string }[];
      const { nodes, edges } = await handle.query(graphQuery);
      assert.deepEqual(nodes.slice(1).map(stateOf), expected.states);
      assert.deepEqual(
        blamed.map(({ task }) => task),
        expected.blamed,
      );
      assert.deepEqual(
        edges.map(([from, to]) => `${from} → ${to}`).sort(),
        all.flatMap((task, at) => task.after.map((source) => `t${source} → t${at}`)).sort(),
      );
      assert.ok(worker.pods(handle.workflowId).mostRunning <= maxParallel);
    }),
    { numRuns: 20 },
  );
  assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
});
