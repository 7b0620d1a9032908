import {
  ChildWorkflowCancellationType,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { milliseconds } from '../../common/duration.ts';
import type { Duration, PodSpec } from '../../contract/index.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

interface Asker {
  readonly workflowId: string;
  readonly runId: string;
}
type Answer = { readonly output: unknown } | { readonly error: string };

const ask = defineSignal<[Asker]>('ask');
const answer = defineSignal<[key: string, Answer]>('answer');

/** One entry of the cache: a workflow that runs the pod once, tells its result to whoever asks, and ends when that is too old. */
export async function cacheEntry(entry: { key: string; spec: PodSpec; keep: Duration }): Promise<void> {
  const { key, spec, keep } = entry;
  const askers: Asker[] = [];
  setHandler(ask, (asker) => void askers.push(asker));
  const { is, until } = await dag(async (task) => task('work', () => runPod(spec))).then(
    ({ output }) => ({ is: { output }, until: Date.now() + milliseconds(keep) }),
    // A failure is told to those who wait for it now, and not kept.
    (error: Error) => ({ is: { error: error.message }, until: 0 }),
  );
  do {
    for (let one = askers.shift(); one; one = askers.shift()) {
      const { workflowId, runId } = one;
      // Who has ended meanwhile needs no answer.
      await getExternalWorkflowHandle(workflowId, runId)
        .signal(answer, key, is)
        .catch(() => undefined);
    }
    // When so many have asked that the history is long, the next one begins a new entry.
    if (workflowInfo().continueAsNewSuggested) return;
  } while (until > Date.now() && (await condition(() => askers.length > 0, until - Date.now())));
}

/** Of this run: a workflow's module is loaded anew for each. */
const answers = new Map<string, Answer>();

/**
 * The output of a pod that runs once for all runs that ask for the same key, at the same time or within `keep` (default 1 day).
 *
 * @param key names everything that the output depends on: `features/2026-11-25/v3`
 * @throws ApplicationFailure `CachedFailed` when the pod failed; the next one who asks tries again
 */
export async function cached<Output>(key: string, spec: PodSpec, keep: Duration = '1d'): Promise<Output> {
  const { workflowId, runId } = workflowInfo();
  const entryId = `cache/${key}`;
  setHandler(answer, (about, is) => void answers.set(about, is));
  do {
    await startChild(cacheEntry, {
      workflowId: entryId,
      args: [{ key, spec, keep }],
      // Others may wait for it: it outlives whoever came first.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    }).catch((error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    });
    // An entry that ended just now, or was terminated before it answered: once more.
    await getExternalWorkflowHandle(entryId)
      .signal(ask, { workflowId, runId })
      .catch(() => undefined);
  } while (!(await condition(() => answers.has(key), '10m')));
  const is = answers.get(key)!;
  if ('error' in is) throw ApplicationFailure.nonRetryable(`${key}: ${is.error}`, 'CachedFailed');
  return is.output as Output;
}

/** A task whose result is cached by key across runs. */
export async function useCache({ image = 'busybox:1.37', key = 'features/v1', keep = '1d' } = {}) {
  return dag(async (task) => {
    const command = ['sh', '-c', 'echo 42 > /dev/termination-log'];
    const features = task('features', () => cached<number>(key, { image, command }, keep));
    return features;
  });
}
