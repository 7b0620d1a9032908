/** What a run needs of the cluster: of the one that was named, and of no other. */
import { randomUUID } from 'node:crypto';
import { composeManifest } from '../../activities/compose-manifest.ts';
import { isClusterError, ClusterError, errorOf, errorOfAnswer } from '../../kubernetes/cluster-error.ts';
import { connectCluster } from '../../kubernetes/connect.ts';
import { kubernetesConfig, type KubernetesConfig } from '../../config/kubernetes.ts';
import { workerFiles } from '../../config/worker.ts';
import { messageOf } from '../../common/message-of.ts';
import { createHttp, readText, timeLimitError } from '../../kubernetes/http.ts';
import { loadKubeConfig } from '../../kubernetes/kubeconfig.ts';
import { usage } from '../../common/problem.ts';
import { check, failed, ok, skewVerdict, unknown, type Check, type Verdict } from './check.ts';

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

const LIMIT_MS = 10_000;

interface KubeAnswer {
  readonly body: unknown;
  /** The server's clock, in milliseconds since 1970; NaN when it does not say. */
  readonly date: number;
}

/** Asks the API server what a worker never asks, over the worker's own HTTP. */
interface KubeReader {
  readonly server: string;
  /** @throws ClusterError */
  get(path: string): Promise<KubeAnswer>;
  post(path: string, body: object): Promise<KubeAnswer>;
  close(): void;
}

/** @throws Problem (2) when the context cannot be used */
function kubeReader({ context, kubeconfig }: Pick<KubernetesConfig, 'context' | 'kubeconfig'>): KubeReader {
  const http = createHttp(load(context, kubeconfig));
  const call = async (method: string, path: string, body?: object): Promise<KubeAnswer> => {
    const what = `${method} ${path}`;
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(timeLimitError(LIMIT_MS)), LIMIT_MS);
    try {
      const headers = { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) };
      const text = body && JSON.stringify(body);
      const response = await http.send(
        { method, url: `${http.server}${path}`, headers, ...(text && { body: text }) },
        stop.signal,
      );
      const answer = await readText(response);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw errorOfAnswer(what, statusCode, answer);
      return { body: JSON.parse(answer) as unknown, date: Date.parse(response.headers.date ?? '') };
    } catch (error) {
      throw error instanceof ClusterError ? error : errorOf(what, error);
    } finally {
      clearTimeout(limit);
    }
  };
  return {
    server: http.server,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    close: () => http.close(),
  };
}

function load(context: string, kubeconfig: string | undefined) {
  try {
    return loadKubeConfig(context, kubeconfig);
  } catch (error) {
    throw usage(messageOf(error));
  }
}
