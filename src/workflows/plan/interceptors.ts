/**
 * A workflow as a plan: whatever it asks of the outside is answered at once, by stand-ins, and noted; that is done here, since a stand-in
 * is no JSON. Time is the simulation's. The client's planner bundles this file with the workflows; no worker does, so no run can come here.
 */
import {
  defineQuery,
  setHandler,
  workflowInfo,
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
  QUERY,
  type RunPodInput,
  UNNAMED,
} from '../../contract/index.ts';
import { currentNode } from '../dag/context.ts';
import { currentGraph } from '../dag/dag.ts';
import { rootFailure } from '../dag/failures.ts';
import { standIn } from './stand-in.ts';

/** One task may ask for so much: one that polls until a stand-in is equal to something would never end. */
const MOST_ANSWERS = 1000;

export function interceptors(): WorkflowInterceptors {
  const calls: PlanReport['calls'] = [];
  let end: PlanReport['end'];
  const report = (): PlanReport => {
    const graph = currentGraph();
    // As text: of a stand-in that is its name.
    return JSON.parse(JSON.stringify({ calls, ...(graph && { graph }), ...(end && { end }) })) as PlanReport;
  };
  return {
    inbound: [
      {
        async execute(input, next) {
          const { standIns } = workflowInfo().memo?.[PLAN_MEMO] as PlanMemo;
          const missing = Array.from({ length: standIns }, (_, at) =>
            standIn(`argument ${input.args.length + at + 1}`),
          );
          setHandler(defineQuery<PlanReport>(QUERY.plan), report);
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
    outbound: [answering((task, call) => calls.push({ task, call }))],
  };
}

function answering(note: (task: string, call: PlannedCall) => void): WorkflowOutboundCallsInterceptor {
  const counts = new Map<string, number>();
  /** The answer, or none when this has gone on for too long. */
  const answer = <T>(value: T): Promise<T> => answerWith(() => Promise.resolve(value));
  const answerWith = <T>(give: () => Promise<T>): Promise<T> => {
    const task = taskName();
    const count = (counts.get(task) ?? 0) + 1;
    counts.set(task, count);
    return count > MOST_ANSWERS ? new Promise<T>(() => undefined) : give();
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
    startTimer: (input, next) => answerWith(() => next(input)),
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
