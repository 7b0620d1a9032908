/** One real pod from the start of its run to the end, and how long each part took. */
import { WorkflowFailedError } from '@temporalio/client';
import { kubernetesConfig } from '../../config/kubernetes.ts';
import type { PodResult } from '../../contract/index.ts';
import { rootFailure } from '../history/failure.ts';
import { newWorkflowId, startWorkflow } from '../run/start.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isPolled } from '../temporal/workers.ts';
import { check, failed, ok, type Check } from './check.ts';

const LIMIT_MS = 120_000;

/** @param image of the pod; it needs `sh` */
export const podCheck = (temporal: Temporal, image = kubernetesConfig().collectorImage): Promise<Check> =>
  check('a pod', 'from start to end', async () => {
    if (!(await isPolled(temporal))) return failed('was not tried, since no worker would take it', 'see above');
    const spec = { image, command: ['sh', '-c', 'echo hello'], timeouts: { total: '2m' } };
    const startedAt = Date.now();
    const { handle, workflowId, url } = await startWorkflow(temporal, {
      workflow: 'pod',
      args: [spec],
      workflowId: newWorkflowId('doctor'),
    });
    const late = Promise.withResolvers<'late'>();
    const limit = setTimeout(() => late.resolve('late'), LIMIT_MS);
    try {
      const result = await Promise.race([handle.result() as Promise<PodResult>, late.promise]);
      if (result !== 'late') return ok(partsText(startedAt, Date.now(), result));
      await handle.cancel();
      return failed(
        `${workflowId} did not end within ${LIMIT_MS / 1000} s, and is being cancelled`,
        `look at it: ${url ?? workflowId}`,
      );
    } catch (error) {
      return failed(
        `${workflowId}: ${rootFailure(error instanceof WorkflowFailedError ? error.cause : error).message}`,
        `look at it: ${url ?? workflowId}`,
      );
    } finally {
      clearTimeout(limit);
    }
  });

/** Kubernetes tells its times in whole seconds, so those in between are no better than that. */
export function partsText(startedMs: number, endedMs: number, { times }: Pick<PodResult, 'times'>): string {
  const points: [part: string, at: number | undefined][] = [
    ['until the pod was created', momentOf(times.created)],
    ['until it had a node', momentOf(times.scheduled)],
    ['until it ran (image, volumes)', momentOf(times.started)],
    ['its work', momentOf(times.finished)],
    ['until it was gone and its result was here', endedMs],
  ];
  let since = startedMs;
  const parts = points.flatMap(([part, at]) => {
    if (at === undefined) return [];
    const took = Math.max(0, at - since);
    since = Math.max(since, at);
    return [`${part} ${seconds(took)}`];
  });
  return `${seconds(endedMs - startedMs)} in all: ${parts.join(', ')}`;
}

const momentOf = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time));

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
