/** The few calls that `up` and `status` make to a cluster of our own, as its administrator. */
import { request } from 'node:https';
import { readJson } from './files.ts';

export type Answer = { status: number; body: unknown };
export type KubeApi = (method: 'GET' | 'POST', path: string, body?: object) => Promise<Answer>;

type Kubeconfig = {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
};

const decode = (text: string): Buffer => Buffer.from(text, 'base64');

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Speaks as whoever a kubeconfig of ours names. */
export function kubeApi(kubeconfig: string): KubeApi {
  const config = readJson<Kubeconfig>(kubeconfig);
  if (config === undefined) throw new Error(`${kubeconfig} is not there`);
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  const { 'client-certificate-data': cert, 'client-key-data': key } = config.users[0].user;
  return speakTo(server, { ca: decode(ca), cert: decode(cert), key: decode(key) });
}

/** Any server of the cluster's, by certificate. */
export function speakTo(server: string, tls: { ca: Buffer; cert: Buffer; key: Buffer }): KubeApi {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers =
        payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length };
      const call = request(
        new URL(path, server),
        { method, headers, ...tls, agent: false, timeout: 5_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
          );
        },
      );
      call.on('timeout', () => call.destroy(new Error('the API server does not answer')));
      call.on('error', reject);
      call.end(payload);
    });
}

export type NodeList = {
  items: { metadata: { name: string }; status: { conditions?: { type: string; status: string }[] } }[];
};

/** Names of the nodes that are Ready. */
export async function readyNodes(api: KubeApi): Promise<string[]> {
  const { status, body } = await api('GET', '/api/v1/nodes');
  if (status !== 200) return [];
  return (body as NodeList).items
    .filter((node) => node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
    .map((node) => node.metadata.name);
}
