/**
 * The graph of a workflow before it ever ran, without a server: a history in which it has only begun is replayed in the real
 * sandbox, where the interceptors of `workflows/plan` answer whatever the workflow asks for.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { InjectedSinks } from '@temporalio/worker';
import { messageOf } from '../message-of.ts';
import { usage } from '../problem.ts';
import { beginning } from './plan-history.ts';
import type { PlanSinks } from '../workflows/plan/interceptors.ts';
import { PLAN_MEMO, type PlanMemo, type PlanReport } from '../workflows/plan/types.ts';

export interface PlanRequest {
  readonly workflow: string;
  readonly args: readonly unknown[];
}

const pathOf = (file: string) => fileURLToPath(new URL(`../workflows/${file}`, import.meta.url));

/**
 * With the arguments as they are; when the workflow fails with them, again with a stand-in for each that is missing.
 *
 * @param workflowsPath of the module that exports the workflows; default: the project's own
 * @throws Problem (2) when the code cannot be bundled, or cannot be planned
 */
export async function plan({ workflow, args }: PlanRequest, workflowsPath = pathOf('index.ts')): Promise<PlanReport> {
  // Only here: it takes a while to load, and no other command of the client needs it.
  const { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime, Worker } =
    await import('@temporalio/worker');
  const logger = new DefaultLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } } });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [pathOf('plan/interceptors.ts')],
    logger,
  });
  const replay = async (standIns: number): Promise<PlanReport> => {
    let last: PlanReport | undefined;
    const report = (_info: unknown, json: string) => void (last = JSON.parse(json) as PlanReport);
    const sinks: InjectedSinks<PlanSinks> = { plan: { report: { fn: report, callDuringReplay: true } } };
    const memo = { [PLAN_MEMO]: { standIns } satisfies PlanMemo };
    const history = beginning({ workflow, args, memo });
    await Worker.runReplayHistory({ workflowBundle, sinks, replayName: 'plan' }, history, workflow);
    if (!last) throw new Error('it told nothing');
    return last;
  };
  try {
    const first = await replay(0);
    const missing = (await parametersOf(workflow, workflowsPath)) - args.length;
    if (missing <= 0 || !first.end || first.end === 'completed') return first;
    const second = await replay(missing);
    // What it says about the arguments that were given is clearer than what it says about stand-ins.
    return second.end === 'completed' || (second.graph && !first.graph) ? second : first;
  } catch (error) {
    throw usage(`'${workflow}' cannot be planned: ${messageOf(error)}`);
  }
}

/** How many there are before one that has a default. */
async function parametersOf(workflow: string, workflowsPath: string): Promise<number> {
  const workflows = (await import(pathToFileURL(workflowsPath).href)) as Record<string, unknown>;
  const one = workflows[workflow];
  return typeof one === 'function' ? one.length : 0;
}
