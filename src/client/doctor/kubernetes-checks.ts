/** What a run needs of the cluster: of the one that was named, and of no other. */
import { randomUUID } from 'node:crypto';
import { composeManifest } from '../../activities/compose-manifest.ts';
import { isClusterError } from '../../kubernetes/cluster-error.ts';
import { connectCluster } from '../../kubernetes/connect.ts';
import { kubernetesConfig, workerFiles, type KubernetesConfig } from '../../config/index.ts';
import { messageOf } from '../../common/message-of.ts';
import { check, failed, ok, skewVerdict, unknown, type Check, type Verdict } from './check.ts';
import { kubeReader, type KubeReader } from './kube-reader.ts';

/** What a worker does in each namespace that it serves, see ARCHITECTURE.md. */
const RIGHTS: Record<string, readonly string[]> = {
  pods: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
  'pods/log': ['get'],
  events: ['get', 'list'],
};

const LEVEL = 'pod-security.kubernetes.io/enforce';

export async function* kubernetesChecks(): AsyncGenerator<Check> {
  let config: KubernetesConfig | undefined;
  let reader: KubeReader | undefined;
  const of = (name: string, work: () => Verdict | Promise<Verdict>) => check('Kubernetes', name, work);
  try {
    let theirs = NaN;
    let ours = NaN;
    yield await of('server', async () => {
      config = kubernetesConfig();
      reader = kubeReader(config);
      ours = Date.now();
      const { body, date } = await reader.get('/version');
      theirs = date;
      const { gitVersion } = body as { gitVersion?: string };
      return ok(`context ${config.context} (${reader.server}) answers, version ${gitVersion ?? 'unknown'}`);
    });
    if (!config || !reader || Number.isNaN(ours)) return;
    yield await of('clock', () => (Number.isNaN(theirs) ? unknown('is not told') : skewVerdict(theirs, ours)));
    for (const namespace of config.namespaces) {
      yield await of(`rights in ${namespace}`, () => rightsVerdict(reader!, namespace));
      yield await of(`Pod Security of ${namespace}`, () => levelVerdict(reader!, namespace));
      yield await of(`a pod in ${namespace}`, () => dryRunVerdict(config!, namespace));
    }
  } finally {
    reader?.close();
  }
}

async function rightsVerdict(reader: KubeReader, namespace: string): Promise<Verdict> {
  const asked = Object.entries(RIGHTS).flatMap(([resource, verbs]) => verbs.map((verb) => ({ resource, verb })));
  const allowed = await Promise.all(
    asked.map(async ({ resource: name, verb }) => {
      const [resource, subresource] = name.split('/');
      const resourceAttributes = { namespace, verb, resource, ...(subresource && { subresource }) };
      const { body } = await reader.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      });
      return (body as { status?: { allowed?: boolean } }).status?.allowed === true;
    }),
  );
  const missing = asked.filter((_, at) => !allowed[at]).map(({ resource, verb }) => `${verb} ${resource}`);
  if (missing.length === 0) return ok('pods, pods/log and events: all that a worker needs');
  return failed(
    `may not ${missing.join(', ')}`,
    `a Role in ${namespace} with: ${Object.entries(RIGHTS)
      .map(([resource, verbs]) => `${resource} ${verbs.join(',')}`)
      .join('; ')}`,
  );
}

async function levelVerdict(reader: KubeReader, namespace: string): Promise<Verdict> {
  try {
    const { body } = await reader.get(`/api/v1/namespaces/${namespace}`);
    const { labels = {} } = (body as { metadata?: { labels?: Record<string, string> } }).metadata ?? {};
    const level = labels[LEVEL];
    return ok(level === undefined ? 'the namespace enforces none by label' : `the namespace enforces ${level}`);
  } catch (error) {
    if (!isClusterError(error, 'forbidden')) throw error;
    return unknown('takes the right to get namespaces, which a worker does without');
  }
}

/** As small a pod as there is, as a run would make it: with the operator's template and policy, admitted by the API server. */
async function dryRunVerdict(config: KubernetesConfig, namespace: string): Promise<Verdict> {
  const { context, kubeconfig, collectorImage } = config;
  const cluster = connectCluster({ context, ...(kubeconfig !== undefined && { kubeconfig }) });
  try {
    const { templates, policy } = await workerFiles();
    const key = { temporalNamespaceId: 'doctor', workflowId: 'doctor', runId: randomUUID(), activityId: 'doctor-1' };
    const pod = { namespace, task: 'doctor', try: 1, key, deadline: Date.now() + 60_000, activeDeadlineSeconds: 60 };
    const spec = { image: collectorImage, command: ['true'] };
    const beforeCreate = async <T>(manifest: T) => manifest;
    const manifest = await composeManifest({ templates, policy, collectorImage }, spec, pod, { beforeCreate });
    await cluster.createPod(namespace, manifest, { dryRun: true });
    return ok('is admitted (dry run on the server, nothing was created)');
  } catch (error) {
    return failed(messageOf(error), 'this is what a task would fail with; see docs/policy.md and docs/manifest.md');
  } finally {
    cluster.close();
  }
}
