/**
 * What a request brings to be let in. Credential plugins (`exec`) and token files are ours: client-node keeps what a plugin gave
 * without an expiry for ever, and asks it once per request at the start. The rest is client-node's.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type https from 'node:https';
import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node';
import { shortened } from '../common/shortened.ts';

export interface Credential {
  readonly options: https.RequestOptions;
  /** When it is asked for anew, refused or not: ms since the epoch. */
  readonly until: number;
}

export interface Credentials {
  /** @throws Error when there are none: it may pass */
  now(): Promise<Credential>;
  /** After a 401: others than those, or `undefined` when there are none. @throws as `now` */
  insteadOf(refused: Credential): Promise<Credential | undefined>;
}

/** Where tokens or certificates come from; `leastMs` lies between two askings of our own accord. */
interface Source {
  ask(): Promise<{ options: https.RequestOptions; until: number }>;
  readonly leastMs: number;
}

/** A plugin may take seconds, and may open a login: not for each request that is refused. */
const PLUGIN_LEAST_MS = 10_000;
const PLUGIN_LIMIT_MS = 30_000;
const PLUGIN_BYTES = 1024 * 1024;
/** The kubelet puts a new token there well before the old one ends. */
const FILE_FRESH_MS = 10_000;

export function credentialsOf(config: KubeConfig): Credentials {
  const user = config.getCurrentUser();
  const cluster = config.getCurrentCluster();
  const source = user && cluster ? sourceOf(user, cluster) : undefined;
  if (!user || !cluster || !source) {
    const now = async () => ({ options: await optionsOf(config), until: Infinity });
    return { now, insteadOf: async () => undefined };
  }
  const rest = new KubeConfig();
  const { token: _token, exec: _exec, authProvider: _provider, ...others } = user as KnownUser;
  rest.loadFromClusterAndUser(cluster, others);
  return new Kept(source, rest);
}

type KnownUser = Omit<User, 'exec' | 'authProvider'> & { exec?: unknown; authProvider?: unknown };

/** What was got last, for all requests; one asking at a time. */
class Kept implements Credentials {
  readonly #source: Source;
  readonly #rest: KubeConfig;
  #last: Promise<Credential> | undefined;
  #askedAgain = -Infinity;

  constructor(source: Source, rest: KubeConfig) {
    this.#source = source;
    this.#rest = rest;
  }

  async now(): Promise<Credential> {
    const last = this.#last;
    const got = await last?.catch(() => undefined);
    return got && Date.now() < got.until ? got : this.#after(last);
  }

  async insteadOf(refused: Credential): Promise<Credential | undefined> {
    const last = this.#last;
    const got = await last?.catch(() => undefined);
    const other = got && got !== refused ? got : await this.#after(last);
    return other === refused ? undefined : other;
  }

  /** What is asked for now; what another request has asked for meanwhile; or, within `leastMs` of it, the same once more. */
  #after(last: Promise<Credential> | undefined): Promise<Credential> {
    if (this.#last && (this.#last !== last || performance.now() - this.#askedAgain < this.#source.leastMs))
      return this.#last;
    if (last) this.#askedAgain = performance.now();
    return (this.#last = this.#fresh());
  }

  async #fresh(): Promise<Credential> {
    const [{ options, until }, rest] = await Promise.all([this.#source.ask(), optionsOf(this.#rest)]);
    return { options: { ...rest, ...options, headers: { ...rest.headers, ...options.headers } }, until };
  }
}

type Options = https.RequestOptions & { headers?: Record<string, string> };

async function optionsOf(config: KubeConfig): Promise<Options> {
  const options: Options = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

function sourceOf(user: User, cluster: Cluster): Source | undefined {
  const provider = (user.authProvider ?? {}) as { config?: { exec?: Plugin; tokenFile?: string } };
  const file = provider.config?.tokenFile;
  if (file !== undefined) return { ask: () => fromFile(file), leastMs: 0 };
  const plugin = (user.exec ?? provider.config?.exec ?? undefined) as Plugin | undefined;
  return plugin && { ask: () => fromPlugin(plugin, cluster, user.name), leastMs: PLUGIN_LEAST_MS };
}

async function fromFile(path: string) {
  const token = (await readFile(path, 'utf8')).trim();
  if (!token) throw new Error(`the token file ${path} is empty`);
  return { options: bearer(token), until: Date.now() + FILE_FRESH_MS };
}

/** `exec` of a kubeconfig's user. */
interface Plugin {
  apiVersion?: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  provideClusterInfo?: boolean;
  installHint?: string;
}

interface ExecCredential {
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

async function fromPlugin(plugin: Plugin, cluster: Cluster, user: string) {
  const answer = await run(plugin, cluster, user);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer;
  const options = { ...(cert && { cert }), ...(key && { key }), ...(token && bearer(token)) };
  const until = Date.parse(expirationTimestamp ?? '');
  return { options, until: Number.isNaN(until) ? Infinity : until };
}

/** Its own words are not passed on: with what it says of its failure, or with half an answer, may be the credentials. */
function run(plugin: Plugin, cluster: Cluster, user: string): Promise<NonNullable<ExecCredential['status']>> {
  const { command, args, env, installHint } = plugin;
  const because = (why: string) =>
    new Error(`the credential plugin '${command}' of user '${user}' ${why}: run it by hand to see why`);
  const options = {
    env: {
      ...process.env,
      KUBERNETES_EXEC_INFO: JSON.stringify(infoFor(plugin, cluster)),
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
    },
    timeout: PLUGIN_LIMIT_MS,
    maxBuffer: PLUGIN_BYTES,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args ?? [], options, (error, stdout) => {
      if (error) {
        const hint = error.code === 'ENOENT' && installHint ? `; ${shortened(installHint, 300)}` : '';
        return reject(because(`failed (${endOf(error)}${hint})`));
      }
      const status = statusIn(stdout);
      return status ? resolve(status) : reject(because('printed no credentials'));
    });
    child.stdin?.end();
  });
}

function endOf(error: Error & { code?: string | number | null; killed?: boolean; signal?: string | null }): string {
  if (error.killed) return `no answer within ${PLUGIN_LIMIT_MS / 1000} s`;
  if (typeof error.code === 'string') return error.code;
  return typeof error.code === 'number' ? `exit code ${error.code}` : String(error.signal);
}

function statusIn(stdout: string): ExecCredential['status'] {
  try {
    const { status } = JSON.parse(stdout) as ExecCredential;
    return status?.token || status?.clientCertificateData ? status : undefined;
  } catch {
    return undefined;
  }
}

/** As kubectl tells it; some plugins refuse to work without. */
function infoFor({ apiVersion, provideClusterInfo }: Plugin, cluster: Cluster) {
  const { server, caData, tlsServerName, skipTLSVerify, proxyUrl } = cluster;
  const about = {
    server,
    ...(caData && { 'certificate-authority-data': caData }),
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
  };
  const spec = { interactive: false, ...(provideClusterInfo && { cluster: about }) };
  return { apiVersion: apiVersion ?? 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec };
}
