/** A run that no worker takes looks like one that hangs. */
import { workerCall } from '../../common/program-name.ts';
import type { Temporal } from './connection.ts';

/** A worker asks again at least once a minute; the server remembers a dead one for five. */
const FRESH_MS = 70_000;

/** `TaskQueueType`, by its numbers. */
export const QUEUE = { workflows: 1, activities: 2 } as const;

/** Whether a worker has lately asked for workflows on this task queue, by default ours. No answer counts as yes: it is only a hint. */
export const isPolled = (temporal: Temporal, taskQueue = temporal.config.taskQueue): Promise<boolean> =>
  pollersOf(temporal, taskQueue, 'workflows').then(
    (pollers) => pollers.length > 0,
    () => true,
  );

export interface Poller {
  /** What it calls itself. */
  readonly identity: string;
  /** Milliseconds since it last asked. */
  readonly agoMs: number;
}

/** The workers that have lately asked for tasks of this kind. */
export async function pollersOf(
  { client, config }: Temporal,
  taskQueue: string,
  kind: keyof typeof QUEUE,
): Promise<Poller[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: config.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: QUEUE[kind],
  });
  return (pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      agoMs: Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000,
    }))
    .filter(({ agoMs }) => agoMs < FRESH_MS);
}

export const noWorkerText = (taskQueue: string): string =>
  `no worker polls task queue '${taskQueue}'; start one with \`${workerCall()}\``;
