/** What an activity's end says about its pod, and that in words. Pure. */
import { milliseconds } from '../../common/duration.ts';
import { firstLine } from '../../common/shortened.ts';
import type {
  Cleanup,
  Duration,
  LogSummary,
  PodFailureDetails,
  PodRef,
  PodResult,
  PodTimes,
  RunRef,
} from '../../contract/index.ts';
import { lengthText, momentText } from '../terminal/time-text.ts';
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
export const whyText = (type: string, message: string): string => `${type}: ${firstLine(message)}`;

export function factsOf(told: unknown): Pick<PodEnd, 'pod' | 'times' | 'logs' | 'cleanup'> {
  if (typeof told !== 'object' || told === null) return {};
  const { pod, times, logs, cleanup } = told as Partial<PodResult>;
  const node = pod?.node ?? (told as Partial<PodFailureDetails>).node;
  return { ...(pod && { pod: { ...pod, node } }), times, logs, cleanup };
}

export function endText({ how, why, skipped, reused, exitCode, times, logs, cleanup }: PodEnd): string {
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  switch (how) {
    case 'done': {
      if (reused) return `done already, in ${reused.workflowId}`;
      if (skipped) return `skipped by its own word${code}${missingText(logs)}`;
      const took = tookOf(times);
      return `done${took === undefined ? '' : ` in ${lengthText(took)}`}${missingText(logs)}`;
    }
    case 'cancelled':
      return `cancelled${cleanup?.gone ? ', its pod is gone' : ''}${missingText(logs)}`;
    case 'failed':
    case 'timed out':
      return `${how}${why ? ` (${why.split(':', 1)[0]}${code})` : ''}${missingText(logs)}`;
  }
}

/** Of a pod that is kept on purpose, or by a finalizer; undefined when it is not. */
export function keptText({ pod, cleanup }: Pick<PodEnd, 'pod' | 'cleanup'>): string | undefined {
  if (cleanup?.over) return cleanup.error;
  return cleanup?.kept ? `its pod is kept until ${cleanup.kept.slice(0, 19)}Z${lookText(pod)}` : undefined;
}

/** Of a task that waits while its failed pod is looked at. */
export const debugText = ({ pod, debugUntil }: PodEnd, endDebug: string): string | undefined =>
  debugUntil === undefined
    ? undefined
    : `its failed pod is kept for debugging until ${momentText(debugUntil)}${lookText(pod)}; to go on before that: ${endDebug}`;

const lookText = (pod: PodEnd['pod']) =>
  pod ? `; look at it: kubectl -n ${pod.namespace} describe pod ${pod.name}` : '';

const missingText = (logs: LogSummary | undefined): string =>
  missingTexts(logs)
    .map((text) => `; ${text}`)
    .join('');

/** What of its log is not there, and why it may be. */
export function missingTexts(logs: LogSummary | undefined): string[] {
  const { gaps = 0, dropped, unstored } = logs ?? {};
  return [
    ...(gaps
      ? [`its log has ${gaps === 1 ? 'a gap' : `${gaps} gaps`}${unstored ? ' (the storage refused it)' : ''}`]
      : []),
    ...(dropped
      ? [`${gaps ? 'at least ' : ''}${dropped.lines} lines (${dropped.bytes} bytes) were left out of its log`]
      : []),
  ];
}

/** Milliseconds of the main container; Kubernetes counts in whole seconds. */
export function tookOf(times: PodEnd['times']): number | undefined {
  return times?.started && times.finished ? Date.parse(times.finished) - Date.parse(times.started) : undefined;
}
