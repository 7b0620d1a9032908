/**
 * The stack that `npm run up` leaves in a file: what it offers to a worker and a client. The contract with local/, which writes it,
 * and is no part of what is published.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type LocalStack = {
  temporal: {
    address: string;
    namespace: string;
    /** A profile of the user's own temporal.toml: it may hold TLS and keys that an address alone does not tell. */
    profile?: string;
    uiUrl?: string;
    executable?: string;
  };
  kubernetes: {
    kubeconfig: string;
    /** An identity that may do what a worker does, and nothing else (the same file when the cluster is the user's own). */
    workerKubeconfig: string;
    context: string;
    namespace: string;
    nodes: string[];
    /** Only with a cluster of our own. */
    kubectl?: string;
  };
  /** Only with a cluster of our own: there is nothing else that a pod could run there. */
  images?: { shell: string; python: string };
};

/** Per user; also everything that local/ has of its own is there. */
export const cacheHome = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'temporal-pods');

export const stackFile = (cache = cacheHome()): string => join(cache, 'stack.json');

/** Undefined: none is up. It is written whole or not at all, so what cannot be read is none of ours. */
export function readLocalStack(path = stackFile()): LocalStack | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LocalStack;
  } catch {
    return undefined;
  }
}
