/** Which endings of a pod are followed by another pod, pure. */
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_RETRIES } from '../contract/defaults.ts';
import type { OutcomeKind, PodFailureDetails, PodSpec, RefusalKind, Retries } from '../contract/index.ts';

/**
 * What follows an ending that is a failure. Always only when the old pod is gone, or is over and kept.
 *
 * | ending | another pod |
 * |---|---|
 * | `ContainerFailed` | costs a try; with `exitCodes.retry` only for the codes it names; never for those of `exitCodes.fatal` |
 * | `OOMKilled` | costs a try; never for the codes of `exitCodes.fatal` |
 * | `InitContainerFailed`, `InitTimeout` | costs a try |
 * | `QuotaExceeded`, `ScheduleTimeout`, `StartTimeout`, `ImagePullFailed` | costs a try: nothing ran, and room or a registry may come back |
 * | `DeadlineExceeded` | costs a try when `timeouts.run` or the pod's own activeDeadlineSeconds ended it; never for `timeouts.total` |
 * | `PodRejected`, `PodDisrupted`, `PodDeleted`, `NodeLost`, `OutcomeUnknown` | free when nothing of it ever started, or with `idempotent`, three times in a row; else costs a try |
 * | `ContainerCannotRun`, `InvalidImage`, `ContainerConfigError` | never: it would be wrong again |
 * | `ResultInvalid`, `ResultMissing`, `ResultTooLarge` | never: the work is done |
 * | `InvalidSpec`, `PolicyRefused`, `Forbidden` and the like | never: there was no pod |
 */
const AFTER: Record<OutcomeKind | RefusalKind, 'a try' | 'maybe free' | 'never'> = {
  Succeeded: 'never',
  Skipped: 'never',
  ContainerFailed: 'a try',
  OOMKilled: 'a try',
  InitContainerFailed: 'a try',
  InitTimeout: 'a try',
  QuotaExceeded: 'a try',
  ScheduleTimeout: 'a try',
  StartTimeout: 'a try',
  ImagePullFailed: 'a try',
  DeadlineExceeded: 'a try',
  PodRejected: 'maybe free',
  PodDisrupted: 'maybe free',
  PodDeleted: 'maybe free',
  NodeLost: 'maybe free',
  OutcomeUnknown: 'maybe free',
  ContainerCannotRun: 'never',
  InvalidImage: 'never',
  ContainerConfigError: 'never',
  ResultInvalid: 'never',
  ResultMissing: 'never',
  ResultTooLarge: 'never',
  InvalidSpec: 'never',
  PolicyRefused: 'never',
  CallbackFailed: 'never',
  Forbidden: 'never',
  NamespaceNotFound: 'never',
  PodNameConflict: 'never',
};

/** In a row: a cluster that does it again and again is no accident any more. */
const FREE_IN_A_ROW = 3;

interface Round {
  /** 1 for the first. */
  readonly try: number;
  /** Counts every pod, also those that cost no try. */
  readonly pod: number;
  /** The next round after this failure, or nothing when it is final. */
  after(spec: PodSpec, failure: PodFailureDetails | undefined): NextRound | undefined;
}

export interface NextRound {
  readonly round: Round;
  /** It costs none of `retries`. */
  readonly free: boolean;
  readonly waitMs: number;
  readonly why: string;
}

export const firstTry = (): Round => roundOf({ try: 1, pod: 1, freeInARow: 0 });

function roundOf(now: { try: number; pod: number; freeInARow: number }): Round {
  return {
    try: now.try,
    pod: now.pod,
    after(spec, failure) {
      // Also for a spec that was refused: it may have anything in it.
      if (!failure || ruleOf(failure.kind) === 'never') return undefined;
      const { count, ...delays } = retriesOf(spec);
      const pod = now.pod + 1;
      if (isFree(spec, failure) && now.freeInARow < FREE_IN_A_ROW)
        return {
          round: roundOf({ try: now.try, pod, freeInARow: now.freeInARow + 1 }),
          free: true,
          waitMs: waitMs(now.freeInARow, {}),
          why: `${failure.kind}${failure.startedEver ? ', and its work may be repeated' : ' before anything ran'}: a new pod, which costs no try`,
        };
      if (!isWorthATry(spec, failure) || now.try > count) return undefined;
      return {
        round: roundOf({ try: now.try + 1, pod, freeInARow: isFree(spec, failure) ? now.freeInARow : 0 }),
        free: false,
        waitMs: waitMs(now.try - 1, delays),
        why: `${failure.kind}: try ${now.try + 1} of ${count + 1}`,
      };
    },
  };
}

const isFree = (spec: PodSpec, { kind, startedEver }: PodFailureDetails) =>
  ruleOf(kind) === 'maybe free' && (!startedEver || spec.idempotent === true);

function isWorthATry({ exitCodes }: PodSpec, { kind, reason, exitCode }: PodFailureDetails): boolean {
  if (ruleOf(kind) === 'never' || (kind === 'DeadlineExceeded' && reason === 'TotalTimeout')) return false;
  if (exitCode === undefined || (kind !== 'ContainerFailed' && kind !== 'OOMKilled')) return true;
  if (exitCodes?.fatal?.includes(exitCode)) return false;
  return kind === 'OOMKilled' || (exitCodes?.retry?.includes(exitCode) ?? true);
}

/** A worker that is newer than this code may tell of endings it does not know. */
const ruleOf = (kind: string) => (Object.hasOwn(AFTER, kind) ? AFTER[kind as keyof typeof AFTER] : 'never');

const retriesOf = ({ retries = 0 }: PodSpec): Retries => (typeof retries === 'number' ? { count: retries } : retries);

function waitMs(
  earlier: number,
  {
    delay = DEFAULT_RETRIES.delay,
    factor = DEFAULT_RETRIES.factor,
    maxDelay = DEFAULT_RETRIES.maxDelay,
  }: Omit<Retries, 'count'>,
) {
  const first = milliseconds(delay);
  // An author who asks for a first wait above the longest one means the first.
  return Math.round(Math.min(first * factor ** earlier, Math.max(first, milliseconds(maxDelay))));
}
