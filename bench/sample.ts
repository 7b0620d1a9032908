/** One run of one workload by one subject: what is written down of it, a line of samples.jsonl. */
import type { Counts } from './measures.ts';
import type { ObservedPod } from './observed.ts';
import type { Step } from './plan.ts';
import type { Told } from './subject.ts';

export interface Sample extends Step {
  /** In the order in which they ran. */
  readonly number: number;
  /** As the observer saw them. Times here and below are milliseconds since the epoch. */
  readonly pods: ObservedPod[];
  /** What it told; of a flood's lines, every thousandth. */
  readonly told?: Omit<Told, 'lines'> & {
    readonly lines: Told['lines'];
    /** How many different ones came. */
    readonly linesSeen: number;
    readonly lastLine?: number;
  };
  readonly cost?: {
    /** Milliseconds, from the start until the last pod was gone. */
    readonly cpu: number;
    /** MiB resident: the most meanwhile. */
    readonly peak: number;
  };
  /** By everybody, from the start until the last pod was gone. Only where they are counted. */
  readonly api?: Counts;
  readonly temporal?: Counts;
  readonly error?: string;
}
