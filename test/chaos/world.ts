/** The stack that a campaign runs on: only ever the local one, whatever context happens to be current. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { up } from '../../local/up.ts';
import { testNamespaces } from '../support/namespaces.ts';
import type { World } from './round.ts';
import { OwnStack } from './servers.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface OpenWorld extends World {
  close(): Promise<void>;
}

/**
 * @param makeRoot makes a folder with a `src` that is not the project's
 * @param own a stack of its own, whose servers may be restarted
 */
export async function openWorld(
  say: (words: string) => void,
  makeRoot?: (folder: string) => string,
  own = false,
): Promise<OpenWorld> {
  const servers = own ? await OwnStack.open(say) : undefined;
  const { temporal, kubernetes, images } = servers?.stack ?? (await up());
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
    ...(servers && { servers }),
    createNamespace: (name) => namespaces.create(name, {}),
    say,
    async close() {
      // With a stack of its own they go with that.
      if (!servers) await namespaces.close();
      await connection.close();
      await servers?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
