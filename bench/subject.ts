/** Who runs pods, and is measured. */
import type { Work } from './workloads.ts';

/** Times are milliseconds since the epoch, of this machine's clock. */
export interface Told {
  /** Right before the call that starts the work. */
  started: number;
  /** The result of the last pod was known to the caller. */
  result: number;
  /** The run was closed; only where there is one. */
  closed?: number;
  /** Of each line that came to the client: its number, when the program printed it, when it was there. */
  lines: [number: number, printed: number, seen: number][];
}

export interface Subject {
  /** The process whose memory and CPU are its cost; the floor has none. */
  readonly pid?: number;
  /** @throws what went wrong, as text for the table */
  run(work: Work): Promise<Told>;
  close(): Promise<void>;
}
