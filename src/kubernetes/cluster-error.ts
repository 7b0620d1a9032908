import type { Loose } from '../common/defined.ts';
import { ApiException } from '@kubernetes/client-node';
import { classify, type Classified, type ClusterErrorKind } from './classify.ts';

export type { ClusterErrorKind } from './classify.ts';

/** Why the API server did not do what was asked. The message is for people: the verb, the object, the server's words. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly kind: ClusterErrorKind;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Kubernetes' own word: `AlreadyExists`, `Forbidden`, `Expired`… */
  readonly reason: string | undefined;
  /** How long the server asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: Partial<Loose<Classified>> & { kind: ClusterErrorKind; status?: number | undefined },
  ) {
    super(message);
    this.kind = facts.kind;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** An answer that is not 2xx. `what` names the verb and the object: `create pod etl/orders-1`. */
export function errorOfAnswer(what: string, status: number, body: string, retryAfter?: string): ClusterError {
  const facts = classify(status, body, retryAfter);
  return new ClusterError(`${what}: ${facts.message} (${status})`, { ...facts, status });
}

/** Whatever was thrown on the way to the API server and back. */
export function errorOf(what: string, error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  if (error instanceof ApiException) {
    const { code, body, headers } = error as ApiException<unknown>;
    return errorOfAnswer(
      what,
      code,
      typeof body === 'string' ? body : JSON.stringify(body ?? ''),
      headers['retry-after'],
    );
  }
  // A TypeError is ours: a manifest that cannot be written down (a list that is none) cannot be sent later either.
  return new ClusterError(`${what}: ${describe(error)}`, {
    kind: error instanceof TypeError ? 'invalid' : 'transient',
  });
}

/** Node says `connect ECONNREFUSED 10.0.0.1:443` and the like; several addresses make an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return describe(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return 'aborted';
  return (error.message || error.name).replace(/\s+/g, ' ').slice(0, 300);
}

export const isClusterError = (error: unknown, kind?: ClusterErrorKind): error is ClusterError =>
  error instanceof ClusterError && (kind === undefined || error.kind === kind);

/** What the API server asked to wait, in milliseconds. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof ClusterError ? error.retryAfterMs : undefined;
