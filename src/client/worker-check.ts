/** A run that no worker takes looks like one that hangs. */
import type { Temporal } from './temporal.ts';

/** A worker asks again at least once a minute; the server remembers a dead one for five. */
const FRESH_MS = 70_000;

/** Whether a worker has lately asked for workflows on our task queue. No answer counts as yes: it is only a hint. */
export async function isPolled({ client, config }: Temporal): Promise<boolean> {
  try {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: config.namespace,
      taskQueue: { name: config.taskQueue },
      taskQueueType: WORKFLOWS,
    });
    return (pollers ?? []).some(
      ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < FRESH_MS,
    );
  } catch {
    return true;
  }
}

/** `TaskQueueType`, by its number. */
const WORKFLOWS = 1;
