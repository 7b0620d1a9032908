import type { PodOutcome, PodSpec } from '../../contract/index.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';

/** What reading a result needs to know of the attempt that reads it. */
export interface ResultReader {
  readonly cluster: Cluster;
  readonly main: string;
  readonly spec: Pick<PodSpec, 'result'>;
  /** Fires when the attempt is to end. */
  readonly signal: AbortSignal;
  /** @throws CancelledFailure */
  throwIfInterrupted(): Promise<void>;
}

export const ADVICE = 'write it where it belongs (a bucket, a table), and return its address';

export type ResultTrouble = 'ResultMissing' | 'ResultInvalid' | 'ResultTooLarge';

/** What was found where the result should be. */
export type Found =
  | { found: 'text'; text: string }
  /** The pod left none; `where` names the place, for a reader; `problem`: something is there that may have been meant as one. */
  | { found: 'nothing'; where: string; problem?: string }
  /** There is something else than a result, or nobody can tell: never to be taken for "left none". */
  | ({ found: 'trouble' } & Trouble);

export interface Trouble {
  kind: ResultTrouble;
  message: string;
}

export const trouble = (kind: ResultTrouble, message: string): Found => ({ found: 'trouble', kind, message });

/** The outcome of a pod that ended well, without a result as it should be. */
export const withTrouble = (outcome: PodOutcome, { kind, message }: Trouble): PodOutcome => ({
  ...outcome,
  kind,
  message,
});

/** Bytes as text. Undefined when they are not UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
