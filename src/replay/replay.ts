/** Replays histories with the code as it is now: what does not fit would be stuck after a deploy of this code. */
import { fileURLToPath } from 'node:url';
import type * as Sdk from '@temporalio/worker';
import type { InjectedSinks, WorkflowBundle } from '@temporalio/worker';
import { suggestion } from '../common/did-you-mean.ts';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import { ownFile } from '../common/own-file.ts';
import type { WorkflowsModule } from '../config/index.ts';
import { workerBundle } from '../worker/bundle.ts';
import type { AskedSinks } from '../workflows/plan/asked.ts';
import { loadWorkflows } from '../worker/workflows.ts';
import { type Asked, type Misfit, misfitOf, type Refusal } from './misfit.ts';
import type { Recorded } from './recorded.ts';

/** Undefined: it fits. @throws Problem (2) for events that make no history */
export type Replay = (history: Recorded) => Promise<Misfit | undefined>;

export interface Replayer {
  readonly replay: Replay;
  /** The same history. @throws Problem (2) that names it, for one of a workflow that the module does not export */
  known(history: Recorded): Recorded;
}

/** Bundles the workflows as a worker does, with what notes their questions, or takes such a bundle that was kept. @throws Problem (2) that says what is in the way */
export async function replayerOf(module: WorkflowsModule): Promise<Replayer> {
  const names = Object.keys(await loadWorkflows(module));
  const bundle = await workerBundle(module, { interceptors: [ASKED] });
  return {
    replay: (history) => replayOne(bundle, history),
    known(history) {
      const { from, workflow } = history;
      if (names.includes(workflow)) return history;
      throw usage(
        `${from}: is of the workflow '${workflow}', which ${module.from} does not export${suggestion(workflow, names)}`,
      );
    },
  };
}

const ASKED = fileURLToPath(ownFile('../workflows/plan/asked', import.meta.url));

/** Of a history that no code can fit. */
const BROKEN = /^Fatal error in workflow machines: (.{0,200})/s;

/** With a bundle of one's own. @throws Problem (2) for events that make no history */
export async function replayOne(
  workflowBundle: WorkflowBundle,
  { from, workflowId, events }: Recorded,
): Promise<Misfit | undefined> {
  const { Worker } = await sdk();
  const asked: Asked = { activities: [], children: [] };
  const noting = (list: string[]) => ({ fn: (_: unknown, id: string) => void list.push(id), callDuringReplay: true });
  const sinks: InjectedSinks<AskedSinks> = {
    asked: { activity: noting(asked.activities), child: noting(asked.children) },
  };
  try {
    await Worker.runReplayHistory({ workflowBundle, sinks }, { events: [...events] }, workflowId);
    return undefined;
  } catch (error) {
    const refusal = refusalOf(messageOf(error));
    const broken = BROKEN.exec(refusal.message);
    if (broken) throw usage(`${from}: its events cannot be replayed: ${broken[1]}`);
    return misfitOf({ ...refusal, asked }, events);
  }
}

let loading: Promise<typeof Sdk> | undefined;

/** Only when it is needed: it takes a while to load. What it logs is said by us, in other words. */
function sdk(): Promise<typeof Sdk> {
  loading ??= import('@temporalio/worker').then((worker) => {
    const logging = { filter: worker.makeTelemetryFilterString({ core: 'ERROR' }) };
    try {
      worker.Runtime.install({
        logger: new worker.DefaultLogger('ERROR', () => undefined),
        telemetryOptions: { logging },
        // Ctrl-C is the caller's.
        shutdownSignals: [],
      });
    } catch {
      // The process has one already, as a test that runs a worker: it will do.
    }
    return worker;
  });
  return loading;
}

/** The SDK shows the failure as Rust prints it. */
function refusalOf(text: string): Refusal {
  const field = (name: string) => {
    const quoted = new RegExp(`\\b${name}: "((?:[^"\\\\]|\\\\.)*)"`, 's').exec(text)?.[1];
    return quoted?.replaceAll(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
  };
  return { message: field('message') ?? text, stackTrace: field('stack_trace') };
}
