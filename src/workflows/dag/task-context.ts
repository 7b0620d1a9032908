import { condition } from '@temporalio/workflow';
import { type EarlierRef, type RunPodInput, type SpecChange, UNNAMED } from '../../contract/index.ts';
import { currentNode } from './context.ts';
import { orderSources } from './graph-of.ts';
import { rerunOf } from './rerun.ts';
import type { PodOver, TaskNode } from './task-node.ts';

/** Each pod's input carries these names: after a thousand tasks a thousand more would make the history too long. */
const MAX_ORDER = 100;

/** What a pod needs to know of the task it belongs to. */
export interface TaskContext {
  readonly task: string;
  /** The activityId of the next pod: `<task>-<n>`, n counted over everything this task does. */
  nextActivityId(): string;
  /** Where the pod stands in the DAG, as far as that is known now. */
  place(): Pick<RunPodInput, 'task' | 'after' | 'order' | 'parent' | 'call'>;
  /** What somebody changed in the spec, for the pods that start from now on. */
  readonly change: SpecChange | undefined;
  /** The run whose result may stand for this call's: in a rerun, when nothing that led here has changed. */
  readonly earlier: EarlierRef | undefined;
  /** Settles when no hold keeps another try from starting. @throws CancelledFailure */
  released(): Promise<void>;
  /** Whether another try may start: not when the DAG starts nothing new any more. */
  mayGoOn(): boolean;
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
 * Runs code that starts pods. In a task it first waits at the gate of the DAG, and counts against `maxParallel` until it has
 * settled; so do not nest it. In the body of a DAG, and without one, there is no gate.
 */
export async function withPodSlot<T>(run: (slot: TaskContext) => Promise<T>): Promise<T> {
  const node = currentNode();
  // Both as of now: the code that calls knows nothing of what happens while it waits at the gate.
  const call = ++(node ?? outside).calls;
  const earlier = node?.sawOnlyReused ? rerunOf() : undefined;
  if (!node?.gate) return inBody(node, run, { call, earlier });
  await node.gate.enter(node);
  try {
    node.startedAt ??= Date.now();
    return await run(contextInTask(node, { call, earlier }));
  } finally {
    node.gate.leave(node);
  }
}

type Call = { readonly call: number } & Pick<TaskContext, 'earlier'>;

/** Counted all the same: a run does not end while a pod of it runs. */
async function inBody<T>(body: TaskNode | undefined, run: (slot: TaskContext) => Promise<T>, call: Call): Promise<T> {
  if (!body) return run(contextInBody(body, call));
  body.running++;
  try {
    return await run(contextInBody(body, call));
  } finally {
    body.running--;
    body.onPodOver?.();
  }
}

const contextInTask = (node: TaskNode, { call, earlier }: Call): TaskContext => ({
  task: node.name,
  nextActivityId: () => addPod(node, `${node.name}-${node.pods.length + 1}`),
  place: () => placeOf(node, call),
  change: node.change,
  // Whoever changes the spec wants it done so.
  earlier: node.change ? undefined : earlier,
  released: async () => {
    if (node.gate?.isPaused) await condition(() => !node.gate?.isPaused);
  },
  mayGoOn: () => !node.gate?.isShut,
  podOver: (how) => node.podOver(how),
  say: (note) => void (node.note = note),
});

const contextInBody = (body: TaskNode | undefined, { call, earlier }: Call): TaskContext => ({
  task: UNNAMED,
  nextActivityId: () => addPod(body, `${UNNAMED}-${++unnamedPods}`),
  place: () => ({ task: UNNAMED, after: body ? namesOf(body.sources) : [], call }),
  change: undefined,
  earlier,
  released: () => Promise.resolve(),
  mayGoOn: () => true,
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
