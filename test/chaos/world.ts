/** The stack that a campaign runs on: only ever the local one, whatever context happens to be current. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { up } from '../../local/up.ts';
import { testNamespaces } from '../support/namespaces.ts';
import type { World } from './round.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface OpenWorld extends World {
  close(): Promise<void>;
}

/** @param root where the product's `src` is; default: the project */
export async function openWorld(
  say: (words: string) => void,
  makeRoot?: (folder: string) => string,
): Promise<OpenWorld> {
  const { temporal, kubernetes, images } = await up();
  if (!images)
    throw new Error('a campaign deletes pods and kills workers: it runs in the local cluster of `npm run up` only');
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const connection = await Connection.connect({ address: temporal.address });
  const namespaces = testNamespaces(kubernetes.kubeconfig, kubernetes.context);
  return {
    client: new Client({ connection, namespace: temporal.namespace }),
    temporalAddress: temporal.address,
    temporalNamespace: temporal.namespace,
    kubeconfig: kubernetes.kubeconfig,
    workerKubeconfig: kubernetes.workerKubeconfig,
    context: kubernetes.context,
    images,
    root: makeRoot ? makeRoot(folder) : PROJECT,
    folder,
    createNamespace: (name) => namespaces.create(name, {}),
    say,
    async close() {
      await namespaces.close();
      await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
