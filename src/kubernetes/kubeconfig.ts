/** Which cluster, as which user: read from where kubectl reads it, but only the context that was named. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig, loadYaml, type User } from '@kubernetes/client-node';
import { pathText } from '../common/path-text.ts';

/** The context that stands for the service account of the pod this worker runs in. */
export const IN_CLUSTER = 'in-cluster';

const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * `file` absent: the files of KUBECONFIG, or ~/.kube/config. Never falls back to anything: throws an Error that names the
 * file or lists the contexts there are.
 */
export function loadKubeConfig(context: string, file?: string): KubeConfig {
  if (context === IN_CLUSTER) return inCluster();
  const { files, config } = file === undefined ? defaultFiles() : { files: [file], config: read(file) };
  const from = files.join(delimiter);
  const names = config.contexts.map((known) => known.name).sort();
  if (!names.includes(context)) {
    const there = names.length ? `It has: ${names.join(', ')}.` : 'It has no contexts.';
    throw new Error(`no context '${context}' in ${from}. ${there}`);
  }
  config.setCurrentContext(context);
  const { cluster: clusterName, user: userName } = config.getContextObject(context) ?? {};
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new Error(`context '${context}' in ${from} names the cluster '${clusterName}', which is not there`);
  // Without a user client-node would not even use the cluster's CA.
  if (!config.getCurrentUser())
    throw new Error(`context '${context}' in ${from} names the user '${userName}', which is not there`);
  // The URL is part of messages.
  const url = URL.parse(cluster.server);
  if (!/^https?:\/\//.test(cluster.server) || url === null)
    throw new Error(`${from}: the server of cluster '${clusterName}' is no URL of http or https`);
  if (url.username || url.password)
    throw new Error(
      `${from}: the server of cluster '${clusterName}' has a user or a password in its URL, which is never used`,
    );
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new Error(`${from}: ${cluster.server} is not encrypted; say insecure-skip-tls-verify: true if that is meant`);
  }
  return config;
}

function inCluster(): KubeConfig {
  if (!process.env.KUBERNETES_SERVICE_HOST || !existsSync(tokenFile)) {
    throw new Error(
      `context '${IN_CLUSTER}': this process does not run in a pod with a service account token (${tokenFile})`,
    );
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** As kubectl: all files of KUBECONFIG that exist, together; the first one to define a name wins. */
function defaultFiles(): { files: string[]; config: KubeConfig } {
  const wanted = process.env.KUBECONFIG?.split(delimiter).filter(Boolean) ?? [];
  if (!wanted.length) wanted.push(join(homedir(), '.kube', 'config'));
  const files = wanted.filter((file) => existsSync(file));
  if (!files.length) throw new Error(`no kubeconfig: there is no ${wanted.map(pathText).join(', no ')}`);
  const [config, ...more] = files.map(read) as [KubeConfig, ...KubeConfig[]];
  const firstOnes = <T extends { name: string }>(all: T[]) => [
    ...new Map(all.reverse().map((one) => [one.name, one])).values(),
  ];
  config.loadFromOptions({
    clusters: firstOnes([config, ...more].flatMap((one) => one.clusters)),
    users: firstOnes([config, ...more].flatMap((one) => one.users)),
    contexts: firstOnes([config, ...more].flatMap((one) => one.contexts)),
    currentContext: '',
  });
  return { files, config };
}

/** The parser quotes what it stumbles over, and the lines around it, and there are keys in them: only the place goes on. */
function whatIsWrong(error: unknown): string {
  if (!(error instanceof Error)) return 'unreadable';
  const [words = ''] = error.message.split('\n');
  if (error.name !== 'YAMLException') return words.slice(0, 200);
  const [, line, column] = /\((\d+):(\d+)\)$/.exec(words) ?? [];
  return line === undefined ? 'it is not valid YAML' : `line ${line}, column ${column} is not valid YAML`;
}

function read(file: string): KubeConfig {
  if (!existsSync(file)) throw new Error(`there is no kubeconfig ${pathText(file)}`);
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    config.users = config.users.map((user) => withPaths(user, dirname(file), tokenFileOf(file, user.name)));
  } catch (error) {
    throw new Error(`${file} is no kubeconfig: ${whatIsWrong(error)}`);
  }
  return config;
}

/** client-node knows only the misspelt `token-file`, and reads that once. */
function tokenFileOf(file: string, user: string): string | undefined {
  const { users } = loadYaml<{ users?: { name: string; user?: { tokenFile?: string } }[] }>(readFileSync(file, 'utf8'));
  return users?.find(({ name }) => name === user)?.user?.tokenFile;
}

/** As kubectl: a path is found from the file that names it, and of a token and a token file the file counts. */
function withPaths(user: User, folder: string, tokenFile: string | undefined): User {
  const { token, exec, ...others } = user as KnownUser;
  if (tokenFile) {
    const config = { tokenFile: resolve(folder, tokenFile) };
    return { ...others, authProvider: { name: 'tokenFile', config } };
  }
  const command = exec?.command.includes('/') && { command: resolve(folder, exec.command) };
  return { ...others, ...(token && { token }), ...(exec && { exec: { ...exec, ...command } }) };
}

type KnownUser = Omit<User, 'exec'> & { exec?: { command: string } | null };
