/** The contract of this folder: what a running stack offers, written by `up` and read by tests, demo and benchmarks. */
import { rmSync } from 'node:fs';
import { readJson, writeJson } from './files.ts';
import { place } from './place.ts';

export type Stack = {
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

export const stackFile = (): string => place().stackFile;

export const readStack = (): Stack | undefined => readJson<Stack>(stackFile());

export const writeStack = (stack: Stack): void => writeJson(stackFile(), stack);

export const forgetStack = (): void => rmSync(stackFile(), { force: true });
