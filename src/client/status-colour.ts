import type { Colour } from './rows.ts';
import type { StatusWord } from './run-query.ts';

/** How a run stands, for a terminal. */
export const statusColour = (status: StatusWord): Colour | undefined =>
  (({ running: 'cyan', completed: 'green', cancelled: 'dim' }) as const)[status as 'running'] ??
  (status === 'continued-as-new' ? 'dim' : 'red');
