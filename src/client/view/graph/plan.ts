/**
 * The graph of a workflow before it ever ran, without a server: a history in which it has only begun is replayed in the real
 * sandbox, where the interceptors of `workflows/plan` answer whatever the workflow asks for.
 */
import { fileURLToPath } from 'node:url';
import type * as Sdk from '@temporalio/worker';
import type { InjectedSinks, WorkflowBundle } from '@temporalio/worker';
import { defaultPayloadConverter } from '@temporalio/common';
import { payloadToJSON } from '@temporalio/common/lib/proto-utils.js';
import { messageOf } from '../../../common/message-of.ts';
import { ownFile } from '../../../common/own-file.ts';
import { usage } from '../../../common/problem.ts';
import type { WorkflowsModule } from '../../../config/index.ts';
import { PLAN_MEMO, type PlanMemo, type PlanReport } from '../../../contract/index.ts';
import { bundleWorkflows, loadWorkflows } from '../../../worker/workflows.ts';
import type { PlanSinks } from '../../../workflows/plan/interceptors.ts';

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
  await sdk();
  const workflowBundle = await bundleWorkflows(module, { interceptors: [INTERCEPTORS] });
  return async ({ workflow, args }) => {
    try {
      const first = await replay(workflowBundle, { workflow, args }, 0);
      const code = workflows[workflow];
      const missing = (typeof code === 'function' ? code.length : 0) - args.length;
      if (missing <= 0 || !first.end || first.end === 'completed') return first;
      const second = await replay(workflowBundle, { workflow, args }, missing);
      // What it says about the arguments that were given is clearer than what it says about stand-ins.
      return second.end === 'completed' || (second.graph && !first.graph) ? second : first;
    } catch (error) {
      throw usage(`'${workflow}' cannot be planned: ${messageOf(error)}`);
    }
  };
}

async function replay(
  workflowBundle: WorkflowBundle,
  { workflow, args }: PlanRequest,
  standIns: number,
): Promise<PlanReport> {
  const { Worker } = await sdk();
  let last: PlanReport | undefined;
  const report = (_info: unknown, json: string) => void (last = JSON.parse(json) as PlanReport);
  const sinks: InjectedSinks<PlanSinks> = { plan: { report: { fn: report, callDuringReplay: true } } };
  const history = beginning({ workflow, args, memo: { [PLAN_MEMO]: { standIns } satisfies PlanMemo } });
  await Worker.runReplayHistory({ workflowBundle, sinks, replayName: 'plan' }, history, workflow);
  if (!last) throw new Error('its code told nothing');
  return last;
}

let loading: Promise<typeof Sdk> | undefined;

/** Only when it is needed: it takes a while to load, and no other command needs it. What it logs is no news to the reader of a plan. */
function sdk(): Promise<typeof Sdk> {
  loading ??= import('@temporalio/worker').then((worker) => {
    const logging = { filter: worker.makeTelemetryFilterString({ core: 'ERROR' }) };
    worker.Runtime.install({
      logger: new worker.DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging },
    });
    return worker;
  });
  return loading;
}

const RUN_ID = '00000000-0000-4000-8000-000000000000';
const TASK_QUEUE = { name: 'plan' };

export function beginning(
  { workflow, args, memo }: { workflow: string; args: readonly unknown[]; memo: Record<string, unknown> },
  now = new Date(),
): object {
  const payload = (value: unknown) => payloadToJSON(defaultPayloadConverter.toPayload(value));
  const event = (eventId: number, type: string, attributes: object) => ({
    eventId: String(eventId),
    eventTime: now.toISOString(),
    eventType: `EVENT_TYPE_${type}`,
    ...attributes,
  });
  return {
    events: [
      event(1, 'WORKFLOW_EXECUTION_STARTED', {
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: workflow },
          taskQueue: TASK_QUEUE,
          input: { payloads: args.map(payload) },
          workflowTaskTimeout: '10s',
          originalExecutionRunId: RUN_ID,
          firstExecutionRunId: RUN_ID,
          attempt: 1,
          memo: { fields: Object.fromEntries(Object.entries(memo).map(([key, value]) => [key, payload(value)])) },
        },
      }),
      event(2, 'WORKFLOW_TASK_SCHEDULED', {
        workflowTaskScheduledEventAttributes: { taskQueue: TASK_QUEUE, startToCloseTimeout: '10s', attempt: 1 },
      }),
      event(3, 'WORKFLOW_TASK_STARTED', { workflowTaskStartedEventAttributes: { scheduledEventId: '2' } }),
    ],
  };
}
