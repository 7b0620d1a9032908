/** The namespace for pods, and in it exactly what a worker may do. The same rules stand in deploy/ for a real cluster. */
import type { KubeApi } from './kube-api.ts';
import { NAMESPACE } from './kubeconfig.ts';
import { Problem } from '../src/common/problem.ts';

export const WORKER = 'temporal-pods-worker';

export const RULES = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'list'] },
];

const inNamespace = `/namespaces/${NAMESPACE}`;
const metadata = { name: WORKER, namespace: NAMESPACE };

const OBJECTS: ReadonlyArray<{ path: string; body: object }> = [
  { path: '/api/v1/namespaces', body: { metadata: { name: NAMESPACE } } },
  { path: `/api/v1${inNamespace}/serviceaccounts`, body: { metadata } },
  { path: `/apis/rbac.authorization.k8s.io/v1${inNamespace}/roles`, body: { metadata, rules: RULES } },
  {
    path: `/apis/rbac.authorization.k8s.io/v1${inNamespace}/rolebindings`,
    body: {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: WORKER },
      subjects: [
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: WORKER },
        { kind: 'ServiceAccount', name: WORKER, namespace: NAMESPACE },
      ],
    },
  },
];

export async function grantAccess(api: KubeApi): Promise<void> {
  for (const { path, body } of OBJECTS) {
    const { status, body: answer } = await api('POST', path, body);
    if (status !== 201 && status !== 409)
      throw new Problem(`the API server refused ${path}: ${JSON.stringify(answer)}`);
  }
}

/** Pods are refused until the controller manager has made the namespace's default service account. */
export const acceptsPods = async (api: KubeApi): Promise<boolean> =>
  (await api('GET', `/api/v1${inNamespace}/serviceaccounts/default`)).status === 200;
