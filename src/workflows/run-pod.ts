/**
 * `runPod`, as a workflow calls it: the tries of one pod task. Each try is an activity of its own and so a pod of its own,
 * visible in the history.
 */
import { ApplicationFailure, condition, isCancellation, log, upsertSearchAttributes } from '@temporalio/workflow';
import { timerSummary, type PodResult, type PodSpec, POD_FAILURE, type PodFailureDetails } from '../contract/index.ts';
import { changeSpec, inPodCall } from './dag/index.ts';
import { onePod } from './one-pod.ts';
import { withSchema, type RunPodOptions } from './run-pod-options.ts';
import { failureDetails } from './activity-result.ts';
import { firstTry } from './tries.ts';

/**
 * Runs one pod to its end and returns what came of it: its outcome, and as `output` the JSON that it handed back (`spec.result`). With
 * `retries` a failed pod is followed by another one, after a wait of 5 s that doubles up to 5 minutes; every pod is an activity called
 * `<task>-<n>`. By default there is one try, and a pod may take 24 hours in all (`timeouts.total`). It settles when the pod is gone, or
 * is kept on purpose. Inside a `dag` it waits for its turn before each pod (`maxParallel`, `priority`, `pausePods`); without one it runs
 * at once.
 *
 *     const { output } = await runPod<number>({ image: 'etl:3', args: ['count'], retries: 2 });
 *
 * @param spec checked by the activity; a fault is the failure `InvalidSpec`, with its path and value
 * @throws ActivityFailure whose `cause` is an ApplicationFailure: `type` is the `OutcomeKind` (`ContainerFailed`, `OOMKilled`, …) or
 *   the `RefusalKind` (`InvalidSpec`, `PolicyRefused`, `Forbidden`, …); `details[0]` is a `PodFailureDetails`
 * @throws ApplicationFailure `DagNotStarted` when the DAG around it had stopped before its pod started
 * @throws CancelledFailure when the scope around it is cancelled, after the pod is gone (or, with `onCancel: 'keep'`, is left)
 */
export async function runPod<Output = unknown>(
  spec: PodSpec,
  options: RunPodOptions<Output> = {},
): Promise<PodResult<Output>> {
  return inPodCall(async (context) => {
    const { change, task } = context;
    const asked = withSchema(anObject(spec), options.output);
    let now = sendable(change ? withSchema(changeSpec(spec, change), options.output) : asked);
    for (let round = firstTry(), failed: Error | undefined; ;) {
      const earlier = round.pod === 1 ? context.earlier : undefined;
      const one = { spec: now, asked, try: round.try, earlier };
      // A further try that gets no slot any more leaves the task with its failure.
      let end = await context.withSlot(() => onePod(one, context), failed);
      if ('afterDebug' in end) end = await end.afterDebug();
      if ('result' in end) return { ...end.result, ...(change && { changed: change }) } as PodResult<Output>;
      failed = end.error as Error;
      const failure = failureDetails(failed);
      makeSearchable(failure);
      // While the old pod may still be at work, a new one would work beside it.
      const next = end.over && !isCancellation(failed) ? round.after(now, failure) : undefined;
      if (!next || !failure || !context.mayGoOn()) throw failed;
      const { free, waitMs, why } = next;
      const changed = options.nextTry?.(failure, now, { try: next.round.try, pod: next.round.pod, free });
      if (changed === 'stop') throw failed;
      now = changed ? sendable(withSchema(changed, options.output)) : now;
      log.warn(`${task}: ${why}`, { waitMs });
      // Ended early by a DAG that stops: the gate is shut then.
      await condition(() => !context.mayGoOn(), Math.max(1, waitMs), {
        summary: timerSummary({ kind: 'nextTry', task }),
      });
      round = next.round;
    }
  });
}

/** Everything else about a spec is the activity's to say, with better words; this would not get there. */
function anObject(spec: PodSpec): PodSpec {
  if (typeof spec === 'object' && spec !== null) return spec;
  const message = `the spec of a pod must be an object, got ${String(spec)}`;
  throw ApplicationFailure.nonRetryable(message, 'InvalidSpec', { kind: 'InvalidSpec', startedEver: false, message });
}

/** A task's handle inside the spec is refused here with the task's name; Temporal would only say that it cannot convert it. */
function sendable(spec: PodSpec): PodSpec {
  JSON.stringify(spec);
  return spec;
}

/** The SDK loads workflow code anew for each workflow, so this belongs to one run. */
const kinds = new Set<string>();

/**
 * Runs whose pods failed can be found by the kinds of their failures. Each kind is set once: it counts that it happened, also when a
 * further try went well.
 */
function makeSearchable(failure: PodFailureDetails | undefined): void {
  if (!failure?.searchable || kinds.has(failure.kind)) return;
  kinds.add(failure.kind);
  upsertSearchAttributes([{ key: { name: POD_FAILURE, type: 'KEYWORD_LIST' }, value: [...kinds] }]);
}
