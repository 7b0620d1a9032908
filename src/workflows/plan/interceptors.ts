/**
 * A workflow as a plan: whatever it asks of the outside is answered at once, by stand-ins, and noted. The client's planner bundles
 * this file with the workflows; no worker does, so no run can come here.
 */
import {
  proxySinks,
  workflowInfo,
  type Sinks,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import {
  type Chunk,
  PLAN_MEMO,
  type PlanMemo,
  type PlannedCall,
  type PlanReport,
  type PodResult,
  type RunPodInput,
  UNNAMED,
} from '../../contract/index.ts';
import { currentNode } from '../dag/context.ts';
import { currentGraph } from '../dag/dag.ts';
import { rootFailure } from '../dag/failures.ts';
import { Clock } from './clock.ts';
import { standIn } from './stand-in.ts';

/** One task may ask for so much: one that polls until a stand-in is equal to something would never end. */
const MOST_ANSWERS = 1000;

export interface PlanSinks extends Sinks {
  plan: { report(json: string): void };
}

export function interceptors(): WorkflowInterceptors {
  const { plan } = proxySinks<PlanSinks>();
  const calls: PlanReport['calls'] = [];
  const clock = new Clock();
  let end: PlanReport['end'];
  return {
    inbound: [
      {
        async execute(input, next) {
          const { standIns } = workflowInfo().memo?.[PLAN_MEMO] as PlanMemo;
          const missing = Array.from({ length: standIns }, (_, at) =>
            standIn(`argument ${input.args.length + at + 1}`),
          );
          void clock.run();
          try {
            await next({ ...input, args: [...input.args, ...missing] });
            end = 'completed';
          } catch (error) {
            end = rootFailure(error);
          }
          return undefined;
        },
      },
    ],
    outbound: [answering(clock, (task, call) => calls.push({ task, call }))],
    internals: [
      {
        concludeActivation(input, next) {
          const graph = currentGraph();
          plan.report(JSON.stringify({ calls, ...(graph && { graph }), ...(end && { end }) } satisfies PlanReport));
          return next(input);
        },
      },
    ],
  };
}

function answering(clock: Clock, note: (task: string, call: PlannedCall) => void): WorkflowOutboundCallsInterceptor {
  const counts = new Map<string, number>();
  /** The answer, or none when this has gone on for too long. */
  const answer = <T>(value: T | Promise<T>): Promise<T> => {
    const task = taskName();
    const count = (counts.get(task) ?? 0) + 1;
    counts.set(task, count);
    return count > MOST_ANSWERS ? new Promise<T>(() => undefined) : Promise.resolve(value);
  };
  const activity = ({ activityType, args }: { activityType: string; args: unknown[] }): Promise<unknown> => {
    const task = taskName();
    if (activityType !== 'runPod') {
      note(task, { activity: activityType });
      return answer(standIn(`${activityType}()`));
    }
    const input = args[0] as RunPodInput;
    note(task, { pod: input.spec });
    return answer(resultOf(input.task));
  };
  return {
    startTimer: ({ durationMs }) => answer(clock.sleep(durationMs)),
    scheduleActivity: activity,
    scheduleLocalActivity: activity,
    signalWorkflow: () => answer(undefined),
    startChildWorkflowExecution({ workflowType, options }) {
      const chunk = asChunk(options.args?.[0]);
      note(taskName(), { workflow: workflowType, ...(chunk && { items: chunk.items.length }) });
      const each = standIn(`${workflowType}()`);
      const result = chunk ? Array.from({ length: chunk.items.length }, () => each) : each;
      return answer<[Promise<string>, Promise<unknown>]>([Promise.resolve('planned'), Promise.resolve(result)]);
    },
  };
}

/** The body's pods are called so too. */
const taskName = (): string => {
  const node = currentNode();
  return node?.parent ? node.name : UNNAMED;
};

const resultOf = (task: string): PodResult => ({
  outcome: 'Succeeded',
  exitCode: 0,
  output: standIn(`${task}.output`),
  pod: { namespace: `<${task}.pod.namespace>`, name: `<${task}.pod.name>`, uid: `<${task}.pod.uid>` },
  times: {},
  logs: { uri: `<${task}.logs.uri>`, lines: 1, bytes: 1, gaps: 0, tail: `<${task}.logs.tail>` },
  cleanup: { gone: true },
});

const asChunk = (given: unknown): Chunk<unknown> | undefined => {
  const { name, from, items } = (given ?? {}) as Partial<Chunk<unknown>>;
  return typeof name === 'string' && typeof from === 'number' && items ? (given as Chunk<unknown>) : undefined;
};
