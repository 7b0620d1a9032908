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

/** The workers that have lately asked for tasks of this kind, by what they call themselves. */
export async function pollersOf(
  { client, config }: Temporal,
  taskQueue: string,
  kind: keyof typeof QUEUE,
): Promise<string[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: config.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: QUEUE[kind],
  });
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < FRESH_MS)
    .map(({ identity }) => identity ?? '');
}

export const noWorkerText = (taskQueue: string): string =>
  `no worker polls task queue '${taskQueue}'; start one with \`${workerCall()}\``;
