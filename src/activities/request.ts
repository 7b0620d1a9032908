/** What a workflow asks for, checked against what this worker serves: before anything is created. */
import type { Context } from '@temporalio/activity';
import { DEADLINE_SLACK_SECONDS } from '../contract/defaults.ts';
import type { Cleanup, PodSpec } from '../contract/index.ts';
import { deadlines, type Deadlines } from '../pod/deadlines.ts';
import type { PodKey } from '../pod/identity.ts';
import type { ManifestContext } from '../pod/invariants.ts';
import { specFaults } from '../spec/index.ts';
import type { PodDependencies } from './dependencies.ts';
import { failNow } from './failure.ts';

/** @throws ApplicationFailure `InvalidSpec`, not retryable, with one line per fault: its path and its value */
export function parseSpec(spec: unknown, cleanup: Cleanup | undefined): PodSpec {
  const faults = specFaults(spec);
  if (faults.length > 0)
    throw failNow('InvalidSpec', `the pod's spec is not valid:\n  ${faults.join('\n  ')}`, cleanup);
  return spec as PodSpec;
}

/** A pod in a namespace that is not swept could be left behind. @throws ApplicationFailure `InvalidSpec` */
export function servedNamespace(
  { namespace }: Pick<PodSpec, 'namespace'>,
  { namespaces }: PodDependencies,
  cleanup?: Cleanup,
): string {
  if (namespace === undefined || namespaces.includes(namespace)) return namespace ?? namespaces[0];
  const served = namespaces.join(', ');
  throw failNow('InvalidSpec', `namespace: this worker serves ${served}, got ${JSON.stringify(namespace)}`, cleanup);
}

/** The key of an activity's pod; undefined outside of a workflow. */
export const podKeyOf = (
  { workflowExecution, activityId }: Pick<Context['info'], 'workflowExecution' | 'activityId'>,
  { temporalNamespaceId }: PodDependencies,
): PodKey | undefined => workflowExecution && { temporalNamespaceId, ...workflowExecution, activityId };

/** What a manifest says of the task, and the deadlines that follow from when it was scheduled. */
export function manifestContext(
  spec: PodSpec,
  about: Pick<ManifestContext, 'namespace' | 'task' | 'try' | 'key'>,
  scheduledAt: number,
): { limits: Deadlines; context: ManifestContext } {
  const limits = deadlines(spec, scheduledAt);
  // The cluster's own brake: later than every end that we bring about.
  const activeDeadlineSeconds = DEADLINE_SLACK_SECONDS + Math.ceil((limits.total - scheduledAt) / 1000);
  return { limits, context: { ...about, deadline: limits.total, activeDeadlineSeconds } };
}
