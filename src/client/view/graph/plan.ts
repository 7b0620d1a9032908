/**
 * The graph of a workflow before it ever ran: it is simulated, without a server, and the interceptors of `workflows/plan` answer whatever it
 * asks for.
 */
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../../common/message-of.ts';
import { ownFile } from '../../../common/own-file.ts';
import { usage } from '../../../common/problem.ts';
import type { WorkflowsModule } from '../../../config/workflows-module.ts';
import { PLAN_MEMO, QUERY, type PlanMemo, type PlanReport } from '../../../contract/index.ts';
import type { Outside, Sandbox } from '../../../simulation/index.ts';
import { bundleWorkflows, loadWorkflows } from '../../../worker/workflows.ts';

export interface PlanRequest {
  readonly workflow: string;
  readonly args: readonly unknown[];
}

const INTERCEPTORS = fileURLToPath(ownFile('../../../workflows/plan/interceptors', import.meta.url));

/**
 * Gives a function that plans: with the arguments as they are; when the workflow fails with them, again with a stand-in for each
 * that is missing.
 *
 * @throws Problem (2) when the code cannot be bundled, and later when it cannot be planned
 */
export async function planner(module: WorkflowsModule): Promise<(request: PlanRequest) => Promise<PlanReport>> {
  const workflows = await loadWorkflows(module);
  const { code } = await bundleWorkflows(module, { interceptors: [INTERCEPTORS] });
  const { Sandbox } = await simulations();
  const sandbox = new Sandbox(code, module.from);
  return async ({ workflow, args }) => {
    try {
      const first = await plan(sandbox, { workflow, args }, 0);
      const code = workflows[workflow];
      const missing = (typeof code === 'function' ? code.length : 0) - args.length;
      if (missing <= 0 || !first.end || first.end === 'completed') return first;
      const second = await plan(sandbox, { workflow, args }, missing);
      // What it says about the arguments that were given is clearer than what it says about stand-ins.
      return second.end === 'completed' || (second.graph && !first.graph) ? second : first;
    } catch (error) {
      throw usage(`'${workflow}' cannot be planned: ${messageOf(error)}`);
    }
  };
}

async function plan(sandbox: Sandbox, { workflow, args }: PlanRequest, standIns: number): Promise<PlanReport> {
  const { Simulation } = await simulations();
  const memo = { [PLAN_MEMO]: { standIns } satisfies PlanMemo };
  const about = { workflowType: workflow, workflowId: workflow, args, memo, now: Date.now() };
  const simulation = new Simulation(sandbox, ANSWERED_INSIDE, about);
  try {
    // Until it has ended, or waits for what no plan gives.
    do await simulation.settle();
    while (simulation.next());
    return (await simulation.query(simulation.root, QUERY.plan)) as PlanReport;
  } finally {
    await simulation.dispose();
  }
}

/** Only when it is needed: it takes a while to load, and no other command needs it. */
const simulations = () => import('../../../simulation/index.ts');

/** By the interceptors: nothing of the plan comes out here. */
const ANSWERED_INSIDE: Outside = {
  activity: ({ activityType }) => {
    throw new Error(`activity ${activityType} has no stand-in`);
  },
};
