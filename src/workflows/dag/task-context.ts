/** What connects a pod to the task that starts it. */
import { workflowInfo } from '@temporalio/workflow';
import { type EarlierRef, type RunPodInput, type SpecChange, UNNAMED, RERUN_MEMO } from '../../contract/index.ts';
import { currentNode } from './context.ts';
import type { Gate } from './gate.ts';
import { orderSources } from './graph.ts';
import { confirmLater, type Removal } from './removals.ts';
import type { PodOver, TaskNode } from './task-node.ts';

/** Each pod's input carries these names: after a thousand tasks a thousand more would make the history too long. */
const MAX_ORDER = 100;

/** What one call of `runPod` needs to know of the task it belongs to. */
export interface TaskContext {
  readonly task: string;
  /** The activityId of the next pod: `<task>-<n>`, n counted over everything this task does. */
  nextActivityId(): string;
  /** Where the pod stands in the DAG, as far as that is known now. */
  place(): Pick<RunPodInput, 'task' | 'after' | 'order' | 'parent' | 'call'>;
  /** What somebody had changed in the spec when the call began. */
  readonly change: SpecChange | undefined;
  /** The run whose result may stand for this call's: in a rerun, when nothing that led here has changed. */
  readonly earlier: EarlierRef | undefined;
  /**
   * Waits at the gate of the DAG, then runs code that has a pod; until it has settled it counts against `maxParallel`. In the body
   * of a DAG, and without one, there is no gate.
   *
   * @param otherwise what is thrown instead of `DagNotStarted` when nothing new starts any more
   * @throws CancelledFailure when it was cancelled before its turn came
   */
  withSlot<T>(code: () => Promise<T>, otherwise?: Error): Promise<T>;
  /** Whether another pod may start: not when the DAG starts nothing new any more. */
  mayGoOn(): boolean;
  /** Of a DAG, which confirms at its end what is added here; undefined outside of one, where nobody would. */
  readonly confirmLater: ((removal: Removal) => void) | undefined;
  /** To be told when a pod is over, or was not needed. */
  podOver(how: PodOver): void;
  /** What the run's table of tasks says of it instead of its state. */
  say(note: string | undefined): void;
}

/** Of the pods outside of any DAG. The SDK loads workflow code anew for each workflow, so this belongs to one run. */
const outside = { calls: 0 };
/** Counts pods outside of tasks. */
let unnamedPods = 0;

/**
 * Runs code that counts as one pod. In a task it first waits at the gate of the DAG, by the task's priority, and counts against
 * `maxParallel` until it has settled; so do not nest it: `runPod` inside of it would wait for a second slot. In the body of a DAG, and
 * without one, it runs at once.
 *
 *     task('eu', () => withPodSlot(() => executeChild(region, { args: ['eu'] })));
 *
 * @throws ApplicationFailure `DagNotStarted` when the DAG has stopped; CancelledFailure when it was cancelled before its turn came
 */
export const withPodSlot = <T>(run: () => Promise<T>): Promise<T> => inPodCall((context) => context.withSlot(run));

/** Runs code that has pods one after another, each in a slot of its own. The run does not end before it has settled. */
export async function inPodCall<T>(run: (context: TaskContext) => Promise<T>): Promise<T> {
  const node = currentNode();
  // Both as of now: the code that calls knows nothing of what happens while it waits at the gate.
  const call = ++(node ?? outside).calls;
  const earlier = node?.sawOnlyReused ? rerunOf() : undefined;
  if (!node) return run(contextOfBody(node, { call, earlier }));
  node.openCalls++;
  try {
    return await run(
      node.gate ? contextOfTask(node, node.gate, { call, earlier }) : contextOfBody(node, { call, earlier }),
    );
  } finally {
    node.openCalls--;
    node.onCallOver?.();
  }
}

type Call = { readonly call: number } & Pick<TaskContext, 'earlier'>;

const contextOfTask = (node: TaskNode, gate: Gate, { call, earlier }: Call): TaskContext => ({
  task: node.name,
  nextActivityId: () => addPod(node, `${node.name}-${node.pods.length + 1}`),
  place: () => placeOf(node, call),
  change: node.change,
  // A changed spec is meant to be carried out.
  earlier: node.change ? undefined : earlier,
  async withSlot(code, otherwise) {
    await gate.enter(node, otherwise);
    try {
      node.startedAt ??= Date.now();
      return await code();
    } finally {
      gate.leave(node);
    }
  },
  mayGoOn: () => !gate.isShut,
  confirmLater,
  podOver: (how) => node.podOver(how),
  say: (note) => void (node.note = note),
});

const contextOfBody = (body: TaskNode | undefined, { call, earlier }: Call): TaskContext => ({
  task: UNNAMED,
  nextActivityId: () => addPod(body, `${UNNAMED}-${++unnamedPods}`),
  place: () => ({ task: UNNAMED, after: body ? namesOf(body.sources) : [], call }),
  change: undefined,
  earlier,
  async withSlot(code) {
    if (body) body.running++;
    return code().finally(() => body && body.running--);
  },
  mayGoOn: () => true,
  confirmLater: body && confirmLater,
  podOver: (how) => body?.podOver(how),
  say: () => undefined,
});

function placeOf(node: TaskNode, call: number): ReturnType<TaskContext['place']> {
  const order = namesOf(orderSources(node)).slice(0, MAX_ORDER);
  return {
    task: node.name,
    after: namesOf(node.sources),
    ...(order.length > 0 && { order }),
    // The body has no parent, and what the body created is not worth saying.
    ...(node.parent?.parent && { parent: node.parent.name }),
    call,
  };
}

function addPod(node: TaskNode | undefined, activityId: string): string {
  node?.pods.push(activityId);
  return activityId;
}

const namesOf = (nodes: Iterable<TaskNode>): string[] => [...nodes].map((node) => node.name);

/** The run that this one is a rerun of, whose work it takes over where it can. */
export function rerunOf(): EarlierRef | undefined {
  const ref = workflowInfo().memo?.[RERUN_MEMO] as Partial<EarlierRef> | null | undefined;
  return ref?.workflowId && ref.runId ? (ref as EarlierRef) : undefined;
}

/** The memo with which a chunk of a map is started, so that its pods are compared with those of the same chunk then. */
export function memoOfChunk(earlier: EarlierRef, task: string, number: number) {
  const { workflowId, runId, chunk } = earlier;
  const below = `${chunk === undefined ? '' : `${chunk}/`}${task}/${number}`;
  return { [RERUN_MEMO]: { workflowId, runId, chunk: below } satisfies EarlierRef };
}
