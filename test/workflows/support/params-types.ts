/** What the compiler must accept and refuse of workflows with parameters: `npm run types` is the test. */
import type { WorkflowClient } from '@temporalio/client';
import { z } from 'zod';
import { withParams } from '../../../src/workflows/params.ts';

const exactly = <Wanted>() => undefined as unknown as <Got>(got: Got, same: Same<Wanted, Got>) => void;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

const nightly = withParams(
  z.object({ day: z.iso.date(), retries: z.int().default(2), at: z.string().transform(Number).optional() }),
  async (params) => {
    exactly<{ day: string; retries: number; at?: number | undefined }>()(params, true);
    return params.retries;
  },
);
const relaxed = withParams(z.object({ retries: z.int().default(2) }), async ({ retries }) => retries);

export async function theSchemaIsTheType(client: WorkflowClient) {
  exactly<number>()(await nightly({ day: '2026-11-01' }), true);
  // @ts-expect-error: a parameter without a default must be there
  await nightly();
  // @ts-expect-error: it is a text
  await nightly({ day: 1 });
  // @ts-expect-error: what is typed is a text, what the workflow gets is a number
  await nightly({ day: '2026-11-01', at: 3 });
  await relaxed();
  await relaxed({});

  const options = { taskQueue: 'q', workflowId: 'w' };
  await client.start(nightly, { ...options, args: [{ day: '2026-11-01' }] });
  // @ts-expect-error: there is no such parameter
  await client.start(nightly, { ...options, args: [{ day: '2026-11-01', dya: '' }] });
}
