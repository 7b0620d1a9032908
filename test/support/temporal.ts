import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { readStack } from '../../local/stack.ts';

export interface Temporal {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
  close(): Promise<void>;
}

/** The Temporal of the running stack (`npm run up`), or the one at TEMPORAL_ADDRESS. */
export async function temporal(): Promise<Temporal> {
  const stack = readStack()?.temporal;
  const address = stack?.address ?? process.env.TEMPORAL_ADDRESS;
  const namespace = stack?.namespace ?? process.env.TEMPORAL_NAMESPACE ?? 'default';
  if (!address)
    throw new Error('There is no Temporal to test against: run `npm run up` first, or set TEMPORAL_ADDRESS');
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    nativeConnection,
    async close() {
      await connection.close();
      await nativeConnection.close();
    },
  };
}
