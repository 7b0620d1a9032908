/** kubeconfig files with everything inside, as JSON (which is YAML to kubectl and every client). */
import { readFileSync } from 'node:fs';
import type { Certificate } from './certificates.ts';
import { writeJson } from './files.ts';

export const CONTEXT = 'temporal-pods-local';
export const NAMESPACE = 'temporal-pods';

export function writeKubeconfig(
  path: string,
  server: string,
  ca: string,
  user: string,
  { cert, key }: Certificate,
): void {
  const data = (file: string): string => readFileSync(file).toString('base64');
  writeJson(path, {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: CONTEXT, cluster: { server, 'certificate-authority-data': data(ca) } }],
    users: [{ name: user, user: { 'client-certificate-data': data(cert), 'client-key-data': data(key) } }],
    contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user, namespace: NAMESPACE } }],
    'current-context': CONTEXT,
  });
}
