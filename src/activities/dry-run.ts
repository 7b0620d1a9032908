/** What `runPod` would create, without creating it: made the same way, by the worker that would run it. */
import type { V1Pod } from '@kubernetes/client-node';
import { Context } from '@temporalio/activity';
import type { Cleanup, DryRunInput } from '../contract/index.ts';
import { manifestContext, parseSpec, podKeyOf, servedNamespace } from './request.ts';
import { Callbacks } from './callbacks.ts';
import { composeManifest } from './compose-manifest.ts';
import type { PodDependencies } from './dependencies.ts';
import { failNow } from './failure.ts';
import { ClusterError } from '../kubernetes/cluster-error.ts';
import { defaultTotal, withTotal } from '../policy/index.ts';

const NOTHING_CREATED: Cleanup = { gone: true };

/**
 * The manifest. Its name and identity are those of the dry run itself; every other field is as in a run.
 *
 * @throws ApplicationFailure as `runPod` does before it creates a pod: `InvalidSpec`, `PolicyRefused`, `CallbackFailed`; with
 *   `on: 'server'` also `Forbidden` (Pod Security and other admission included), `NamespaceNotFound`, `QuotaExceeded`
 */
export async function dryRun(dependencies: PodDependencies, input: DryRunInput): Promise<V1Pod> {
  const { spec, task = 'main', on = 'client' } = checkedInput(input);
  const { info } = Context.current();
  const key = podKeyOf(info, dependencies);
  if (!key) throw failNow('InvalidSpec', 'dryRun runs in a workflow', NOTHING_CREATED);
  const asked = parseSpec(spec, NOTHING_CREATED);
  const checked = withTotal(asked, defaultTotal(asked, dependencies.policy));
  const namespace = servedNamespace(checked, dependencies, NOTHING_CREATED);
  const callbacks = new Callbacks(dependencies.callbacks, checked.callbacks ?? [], {
    workflowId: key.workflowId,
    runId: key.runId,
    activityId: key.activityId,
    task,
    try: 1,
  });
  const { context } = manifestContext(checked, { namespace, task, try: 1, key }, info.scheduledTimestampMs);
  const manifest = await composeManifest(dependencies, checked, context, callbacks);
  return on === 'client' ? manifest : asManifest(await admitted(dependencies, namespace, manifest));
}

function checkedInput(input: DryRunInput | null): DryRunInput {
  const wrong = (what: string, got: unknown) =>
    failNow('InvalidSpec', `${what}, got ${JSON.stringify(got)}`, NOTHING_CREATED);
  if (typeof input !== 'object' || input === null) throw wrong('the input must be { spec, task?, on? }', input);
  const { task = 'main', on = 'client' } = input;
  if (typeof task !== 'string' || task === '') throw wrong('task: must be a name', task);
  if (on !== 'client' && on !== 'server') throw wrong('on: must be "client" or "server"', on);
  return input;
}

async function admitted({ cluster }: PodDependencies, namespace: string, manifest: V1Pod): Promise<V1Pod> {
  try {
    return await cluster.createPod(namespace, manifest, { dryRun: true });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    switch (error.kind) {
      case 'invalid':
        throw failNow('InvalidSpec', `the API server refuses the pod: ${error.message}`, NOTHING_CREATED);
      case 'forbidden':
        throw failNow('Forbidden', error.message, NOTHING_CREATED);
      case 'namespaceNotFound':
        throw failNow('NamespaceNotFound', error.message, NOTHING_CREATED);
      case 'quota':
        throw failNow('QuotaExceeded', `a run would wait for it: ${error.message}`, NOTHING_CREATED);
      default:
        // May pass: Temporal asks again.
        throw error;
    }
  }
}

/** Without what only an object has: it was never stored. */
function asManifest({ apiVersion = 'v1', kind = 'Pod', metadata, spec }: V1Pod): V1Pod {
  const { managedFields, uid, creationTimestamp, resourceVersion, generation, selfLink, ...rest } = metadata ?? {};
  return { apiVersion, kind, metadata: rest, ...(spec && { spec }) };
}
