import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import type { Duration } from '../../contract/index.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * `execution_timeout` of a task is in its spec. A part of a DAG, or all of it (`dagrun_timeout`), is a scope with a timeout: its pods
 * are deleted, and seen gone, before anything goes on. Temporal's own `workflowExecutionTimeout` would not wait for them.
 */
export async function timeouts({ image = 'busybox:1.37', part = '30m', all = '6h' } = {}) {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script] });
  const pipeline = () =>
    dag(async (task) => {
      const crawl = task('crawl', () =>
        runPod({ ...sh('echo crawling'), timeouts: { start: '10m', run: '1h', total: '2h' } }),
      );
      const enrich = task('enrich', () =>
        within(part, async () => {
          await runPod(sh('echo asking'));
          await runPod(sh('echo joining'));
        }),
      );
      await Promise.all([crawl, enrich]);
      return 'done';
    });
  return within(all, pipeline);
}

/** @throws ApplicationFailure `TimedOut`, when everything in there has settled */
async function within<T>(limit: Duration, work: () => Promise<T>): Promise<T> {
  try {
    return await CancellationScope.withTimeout(milliseconds(limit), work);
  } catch (error) {
    // A cancel from outside stays one.
    if (!isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
    throw ApplicationFailure.nonRetryable(`not done within ${limit}`, 'TimedOut');
  }
}
