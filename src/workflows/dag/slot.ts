import { condition } from '@temporalio/workflow';
import { currentNode } from './context.ts';
import type { SpecChange } from './controls.ts';
import type { TaskNode } from './task-node.ts';
import { UNNAMED } from './task-name.ts';

/** What a pod needs to know of the task it belongs to. */
export interface Slot {
  readonly task: string;
  /** The activityId of the next pod: `<task>-<n>`, n counted over everything this task does. */
  nextActivityId(): string;
  /** Names of the tasks that this one has awaited so far. */
  after(): string[];
  /** What somebody changed in the spec, for the pods that start from now on. */
  readonly change: SpecChange | undefined;
  /** Settles when no hold keeps another try from starting. @throws CancelledFailure */
  released(): Promise<void>;
  /** Whether another try may start: not when the DAG starts nothing new any more. */
  mayGoOn(): boolean;
  /** What the run's table of tasks says of it instead of its state. */
  say(note: string | undefined): void;
}

/** Counts pods outside of tasks. The SDK loads workflow code anew for each workflow, so this belongs to one run. */
let unnamedPods = 0;

/**
 * Runs code that starts pods. In a task it first waits at the gate of the DAG, and counts against `maxParallel` until it has
 * settled; so do not nest it. In the body of a DAG, and without one, there is no gate.
 */
export async function inSlot<T>(run: (slot: Slot) => Promise<T>): Promise<T> {
  const node = currentNode();
  if (!node?.gate) return inBody(node, run);
  await node.gate.enter(node);
  try {
    node.startedAt ??= Date.now();
    return await run(taskSlot(node));
  } finally {
    node.gate.leave(node);
  }
}

/** Counted all the same: a run does not end while a pod of it runs. */
async function inBody<T>(body: TaskNode | undefined, run: (slot: Slot) => Promise<T>): Promise<T> {
  if (!body) return run(unnamedSlot(body));
  body.running++;
  try {
    return await run(unnamedSlot(body));
  } finally {
    body.running--;
    body.onPodOver?.();
  }
}

const taskSlot = (node: TaskNode): Slot => ({
  task: node.name,
  nextActivityId: () => addPod(node, `${node.name}-${node.pods.length + 1}`),
  after: () => namesOf(node.sources),
  change: node.change,
  released: async () => {
    if (node.gate?.isHeld) await condition(() => !node.gate?.isHeld);
  },
  mayGoOn: () => !node.gate?.isShut,
  say: (note) => void (node.note = note),
});

const unnamedSlot = (body: TaskNode | undefined): Slot => ({
  task: UNNAMED,
  nextActivityId: () => addPod(body, `${UNNAMED}-${++unnamedPods}`),
  after: () => (body ? namesOf(body.sources) : []),
  change: undefined,
  released: () => Promise.resolve(),
  mayGoOn: () => true,
  say: () => undefined,
});

function addPod(node: TaskNode | undefined, activityId: string): string {
  node?.pods.push(activityId);
  return activityId;
}

const namesOf = (nodes: Iterable<TaskNode>): string[] => [...nodes].map((node) => node.name);
