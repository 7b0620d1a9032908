/** A run that no worker takes looks like one that hangs. */
import type { Temporal } from './temporal.ts';

/** A worker asks again at least once a minute; the server remembers a dead one for five. */
const FRESH_MS = 70_000;

/** Whether a worker has lately asked for workflows on this task queue, by default ours. No answer counts as yes: it is only a hint. */
export async function isPolled({ client, config }: Temporal, taskQueue = config.taskQueue): Promise<boolean> {
  try {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: config.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOWS,
    });
    return (pollers ?? []).some(
      ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < FRESH_MS,
    );
  } catch {
    return true;
  }
}

export const noWorkerText = (taskQueue: string): string =>
  `no worker polls task queue '${taskQueue}'; start one with \`npm run worker\``;

/** `TaskQueueType`, by its number. */
const WORKFLOWS = 1;
