/** What an activity's end says about its pod. Pure. */
import { milliseconds } from '../common/duration.ts';
import type {
  Cleanup,
  Duration,
  LogSummary,
  PodFailureDetails,
  PodRef,
  PodResult,
  PodTimes,
  RunRef,
} from '../contract/index.ts';
import { rootFailure } from './failure.ts';

/** How a pod's activity ended, and what it said about the pod. */
export interface PodEnd {
  readonly how: 'done' | 'failed' | 'cancelled' | 'timed out';
  /** Of a failure: its type, and its first line. */
  readonly why?: string;
  /** It ended well, with an exit code of `exitCodes.skip`. */
  readonly skipped?: boolean;
  /** No pod ran: the result is that of an earlier run. */
  readonly reused?: RunRef;
  readonly pod?: (PodRef & { readonly node?: string | undefined }) | undefined;
  readonly exitCode?: number | undefined;
  readonly times?: PodTimes | undefined;
  readonly logs?: LogSummary | undefined;
  readonly cleanup?: Cleanup | undefined;
  /** Milliseconds since 1970: its task waits for `endDebug`, at most until then. */
  readonly debugUntil?: number;
}

export const endOfResult = (result: Partial<PodResult> | undefined): PodEnd => ({
  ...factsOf(result),
  how: 'done',
  exitCode: result?.exitCode,
  ...(result?.outcome === 'Skipped' && { skipped: true }),
  ...(result?.reused && { reused: result.reused }),
});

export function endOfFailure(how: PodEnd['how'], error: Error): PodEnd {
  const { type, message, details } = rootFailure(error);
  const told = details[0] as Partial<PodFailureDetails> | undefined;
  return { ...factsOf(told), how, why: whyText(type, message), exitCode: told?.exitCode };
}

/** As the workflow decides it, see one-pod.ts: `keepForDebug` is about a failed pod that is kept. */
export const keptForDebug = (length: Duration | undefined, end: PodEnd, at: number): PodEnd =>
  length !== undefined && end.how === 'failed' && end.cleanup?.kept !== undefined
    ? { ...end, debugUntil: at + milliseconds(length) }
    : end;

/** A failure in a line. */
export const whyText = (type: string, message: string): string => `${type}: ${message.split('\n', 1)[0]}`;

export function factsOf(told: unknown): Pick<PodEnd, 'pod' | 'times' | 'logs' | 'cleanup'> {
  if (typeof told !== 'object' || told === null) return {};
  const { pod, times, logs, cleanup } = told as Partial<PodResult>;
  const node = pod?.node ?? (told as Partial<PodFailureDetails>).node;
  return { ...(pod && { pod: { ...pod, node } }), times, logs, cleanup };
}
