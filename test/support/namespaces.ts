/** Namespaces of the local cluster that one test file has to itself, with the same rights for workers as in the stack's own. */
import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { RULES, WORKER } from '../../local/access.ts';

export function testNamespaces(kubeconfig: string, context: string) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  const core = config.makeApiClient(CoreV1Api);
  const names: string[] = [];
  return {
    names: names as readonly string[],
    async create(name: string, labels: Record<string, string>): Promise<string> {
      await core.createNamespace({ body: { metadata: { name, labels } } });
      names.push(name);
      await grant(config.makeApiClient(RbacAuthorizationV1Api), name);
      // Until then every pod is refused.
      while (!(await hasServiceAccount(core, name))) await new Promise((resolve) => setTimeout(resolve, 50));
      return name;
    },
    async close(): Promise<void> {
      for (const name of names) await core.deleteNamespace({ name });
    },
  };
}

const hasServiceAccount = (core: CoreV1Api, namespace: string) =>
  core.readNamespacedServiceAccount({ name: 'default', namespace }).then(
    () => true,
    () => false,
  );

async function grant(rbac: RbacAuthorizationV1Api, namespace: string): Promise<void> {
  const metadata = { name: WORKER, namespace };
  await rbac.createNamespacedRole({ namespace, body: { metadata, rules: RULES } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: WORKER },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: WORKER }],
    },
  });
}
