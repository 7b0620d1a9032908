/** Workflows that tell which day they are for. */
import { condition } from '@temporalio/workflow';
import { z } from 'zod';
import { scheduledDay, scheduledTime } from '../../../src/workflows/dag/scheduled-time.ts';
import { withParams } from '../../../src/workflows/params.ts';

export const whichDay = withParams(z.object({ zone: z.string().default('UTC') }), async function whichDay({ zone }) {
  return [scheduledDay(zone), scheduledTime().toISOString()];
});

export const endless = () => condition(() => false);
