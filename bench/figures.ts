/** From samples to what is said of each workload and subject. Times in milliseconds. */
import { median } from './statistics.ts';
import { total, type Counts } from './measures.ts';
import type { ObservedPod } from './observed.ts';
import type { SubjectId, WorkloadId } from './plan.ts';
import type { Sample } from './sample.ts';

export interface Figures {
  readonly workload: WorkloadId;
  readonly subject: SubjectId;
  /** Those that count: no warm-up, no failure. */
  readonly samples: number;
  readonly failed: number;
  readonly error?: string;
  /** Since the start: until the observer saw the last main container ended, the last phase terminal, the last pod gone. */
  readonly terminated: number[];
  readonly phase: number[];
  readonly gone: number[];
  /** Since the start: until the caller knew the last result, and until the run was closed. */
  readonly result: number[];
  readonly closed: number[];
  /** From the moment at which the program printed it: until the first line, and each other one, was at the client. */
  readonly firstLine: number[];
  readonly line: number[];
  /** From the printing of the first line until the last one was at the client. */
  readonly lastLine: number[];
  /** The fewest different lines that came to a client. */
  readonly linesSeen: number;
  /** Milliseconds of CPU a sample, MiB at the peak; none for the floor. */
  readonly cpu: number[];
  readonly peak?: number;
  /** Requests of everybody, of the median sample; undefined where they were not counted. */
  readonly api?: number;
  /** Calls to Temporal, of the median sample. */
  readonly temporal?: number;
}

export function figuresOf(samples: readonly Sample[]): Figures[] {
  const counting = samples.filter(({ warmUp }) => !warmUp);
  const cells = Map.groupBy(counting, ({ workload, subject }) => `${workload} ${subject}`);
  return [...cells.values()].map(figures);
}

function figures(all: readonly Sample[]): Figures {
  const { workload, subject } = all[0]!;
  const good = all.flatMap((sample) =>
    sample.told && sample.error === undefined ? [{ ...sample, told: sample.told }] : [],
  );
  const last = (what: keyof ObservedPod & ('terminated' | 'phase' | 'gone')) =>
    good.flatMap(({ pods, told }) => {
      const times = pods.map((pod) => pod[what]).filter((time) => time !== undefined);
      return times.length > 0 && times.length === pods.length ? [Math.max(...times) - told.started] : [];
    });
  const lines = good.flatMap(({ told }) => told.lines);
  const error = all.find((sample) => sample.error !== undefined)?.error;
  const peaks = good.flatMap(({ cost }) => cost?.peak ?? []);
  const api = usualOf(good.map((sample) => sample.api));
  const temporal = usualOf(good.map((sample) => sample.temporal));
  return {
    workload,
    subject,
    samples: good.length,
    failed: all.length - good.length,
    ...(error !== undefined && { error }),
    terminated: last('terminated'),
    phase: last('phase'),
    gone: last('gone'),
    result: good.map(({ told }) => told.result - told.started),
    closed: good.flatMap(({ told }) => (told.closed === undefined ? [] : [told.closed - told.started])),
    firstLine: lines.flatMap(([number, printed, seen]) => (number === 0 ? [seen - printed] : [])),
    line: lines.flatMap(([number, printed, seen]) => (number === 0 ? [] : [seen - printed])),
    lastLine: good.flatMap(({ told }) => {
      const first = told.lines.find(([number]) => number === 0);
      return first && told.lastLine !== undefined ? [told.lastLine - first[1]] : [];
    }),
    linesSeen: Math.min(...good.map(({ told }) => told.linesSeen)),
    cpu: good.flatMap(({ cost }) => cost?.cpu ?? []),
    ...(peaks.length > 0 && { peak: Math.max(...peaks) }),
    ...(api !== undefined && { api }),
    ...(temporal !== undefined && { temporal }),
  };
}

const usualOf = (all: readonly (Counts | undefined)[]): number | undefined =>
  median(all.flatMap((one) => (one ? [total(one)] : [])));

/** The floor's own requests for a pod: a POST and a DELETE. */
const FLOOR_REQUESTS = 2;

/**
 * Requests a pod that the subject made itself: what the cluster's own parts ask for the sake of a pod is known from the floor, whose
 * pods are the same.
 */
export function requestsPerPod(subject: Figures, floor: Figures | undefined, pods: number): number | undefined {
  if (subject.api === undefined || floor?.api === undefined) return undefined;
  return (subject.api - floor.api) / pods + FLOOR_REQUESTS;
}
