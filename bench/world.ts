/** Where the bench is at work: a namespace of its own on the local stack, with an observer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import { place } from '../local/place.ts';
import { readStack } from '../local/stack.ts';
import { connectTemporal } from '../src/client/temporal/connection.ts';
import { infrastructure } from '../src/common/problem.ts';
import { temporalConfig } from '../src/config/temporal.ts';
import { Kube } from '../test/chaos/kube.ts';
import { testNamespaces } from '../test/support/namespaces.ts';
import { serversOf, type Servers } from './servers.ts';
import { startObserver, type Watching } from './watching.ts';

/** What is there before anything is started. */
export interface Ground {
  readonly kubeconfig: string;
  readonly context: string;
  readonly images: { shell: string; python: string };
  /** Folder for what is made once: peers, KWOK. */
  readonly cache: string;
  /** Fires when the bench is to stop. */
  readonly signal: AbortSignal;
  readonly say: (words: string) => void;
}

export interface World extends Ground {
  readonly namespace: string;
  /** Of its own as well: Temporal counts calls by namespace, so those of others are not counted. */
  readonly temporalNamespace: string;
  readonly watching: Watching;
  readonly servers: Servers;
}

/** @throws Problem (3) when no stack is up, or one on a cluster of the user's, where nothing is known of images */
export function groundOf(signal: AbortSignal, say: (words: string) => void): Ground {
  const stack = readStack();
  if (!stack?.images) throw infrastructure('the bench needs the local stack: npm run up');
  const { kubeconfig, context } = stack.kubernetes;
  return {
    kubeconfig,
    context,
    images: stack.images,
    cache: join(place().cache, 'bench'),
    signal,
    say,
  };
}

/** @param resources end what was started, in reverse order */
export async function openWorld(ground: Ground, resources: AsyncDisposableStack): Promise<World> {
  const { kubeconfig, context, signal } = ground;
  signal.throwIfAborted();
  const namespaces = testNamespaces(kubeconfig, context);
  resources.defer(async () => {
    await namespaces.close();
    await untilGone(kubeconfig, context, namespaces.names);
  });
  const namespace = await namespaces.create(`bench-${Date.now().toString(36)}`, {});
  const temporal = resources.adopt(await temporalNamespace(namespace), (it) => it.delete());
  const watching = resources.adopt(await startObserver({ kubeconfig, context, namespace }), (it) => it.close());
  const servers = resources.adopt(await serversOf(kubeconfig, context), (it) => it.close());
  return { ...ground, namespace, temporalNamespace: temporal.name, watching, servers };
}

/** Its histories go with it. */
async function temporalNamespace(name: string): Promise<{ name: string; delete(): Promise<void> }> {
  const { connection } = await connectTemporal(temporalConfig());
  const retention = { workflowExecutionRetentionPeriod: msToTs('1d') };
  await connection.workflowService.registerNamespace({ namespace: name, ...retention });
  return {
    name,
    async delete() {
      try {
        await connection.operatorService.deleteNamespace({ namespace: name });
      } finally {
        await connection.close();
      }
    },
  };
}

const GONE_WITHIN_MS = 120_000;

async function untilGone(kubeconfig: string, context: string, names: readonly string[]): Promise<void> {
  const kube = new Kube(kubeconfig, context);
  const isThere = async (name: string) => (await kube.call('GET', `/api/v1/namespaces/${name}`)).status !== 404;
  try {
    for (const name of names)
      for (const end = Date.now() + GONE_WITHIN_MS; await isThere(name); await sleep(500))
        if (Date.now() > end) throw new Error(`the namespace ${name} is still being deleted`);
  } finally {
    kube.close();
  }
}

/** Gives up waiting for it when the signal fires. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
