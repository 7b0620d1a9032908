import { z } from 'zod';
import { withParams } from '../../../src/workflows/params.ts';

export const modes = withParams(z.object({ mode: z.enum(['full', 'delta']) }), async function modes({ mode }) {
  return mode;
});
