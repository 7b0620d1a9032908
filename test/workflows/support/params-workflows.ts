/** Workflows whose parameters have a schema, as a run sees it. */
import { executeChild } from '@temporalio/workflow';
import { z } from 'zod';
import { withParams } from '../../../src/workflows/params.ts';

export const nightly = withParams(
  z.object({ day: z.iso.date(), retries: z.int().min(0).default(2), tags: z.array(z.string()).optional() }),
  async function nightly(params) {
    return params;
  },
);

export const broken = withParams(
  z.object({
    day: z.string().refine(() => {
      throw new Error('the author’s own bug');
    }),
  }),
  async () => 'never',
);

export const parent = withParams(z.object({}), async function parent() {
  return executeChild(nightly, { args: [{ day: '2026-11-01' }] });
});
