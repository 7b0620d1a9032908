export type ClusterErrorKind =
  /** 404: no such object. */
  | 'notFound'
  /** 409: the name is taken, also by an object that is being deleted. */
  | 'alreadyExists'
  /** 409 or 412: a precondition (uid) does not hold. */
  | 'conflict'
  /** 403: RBAC or an admission plugin says no. */
  | 'forbidden'
  /** 401. */
  | 'unauthorized'
  /** 403 "exceeded quota": may pass by itself. */
  | 'quota'
  /** 400, 413, 415, 422…: this request will never work. */
  | 'invalid'
  /** 404: the namespace does not exist. 403 when it is being terminated. */
  | 'namespaceNotFound'
  /** 400 of a log: the container has not started. */
  | 'waiting'
  /** 410: the resourceVersion is too old. */
  | 'gone'
  /** 429, 5xx, network, time limits, TLS, etcd: the same request may work later. Whether it was done is unknown. */
  | 'transient';

/** Why the API server did not do what was asked. The message is for people: the verb, the object, the server's words. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly kind: ClusterErrorKind;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { kind: ClusterErrorKind; status?: number; reason?: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
