/** What an answer of the API server means. Pure: status and body in, kind and words out. */

export type ClusterErrorKind =
  /** 404: no such object. */
  | 'notFound'
  /** 409: the name is taken, also by an object that is being deleted. */
  | 'alreadyExists'
  /** 409, 412: the uid that was asked for is not the one under this name. */
  | 'conflict'
  /** 403: RBAC or an admission plugin says no. */
  | 'forbidden'
  /** 401. */
  | 'unauthorized'
  /** 403 "exceeded quota": may pass by itself. */
  | 'quota'
  /** 400, 413, 415, 422…: this request will never work. */
  | 'invalid'
  /** The namespace does not exist, or is being deleted. */
  | 'namespaceNotFound'
  /** A log: the container has not started. */
  | 'waiting'
  /** 410: the resourceVersion is too old. */
  | 'gone'
  /** 429, 5xx, network, time limits, TLS, etcd: may work later. Whether it was done this time is not known. */
  | 'transient';

export interface Classified {
  kind: ClusterErrorKind;
  message: string;
  reason?: string;
  retryAfterMs?: number;
}

/** The part of a Kubernetes `Status` that we read. */
interface Status {
  kind?: unknown;
  reason?: unknown;
  message?: unknown;
  details?: { kind?: unknown; retryAfterSeconds?: unknown; causes?: { reason?: unknown }[] };
}

const longest = 500;
/** A proxy may ask for an hour: a deadline would pass unseen meanwhile. */
const LONGEST_WAIT_SECONDS = 60;

/** client-node keeps no body of a 401. */
const wordsFor = (status: number) => (status === 401 ? 'Unauthorized' : `HTTP ${status}`);

/** `body` as it came (a Status in JSON, or whatever a proxy says); `retryAfter` the header of that name, in seconds. */
export function classify(status: number, body: string, retryAfter?: string): Classified {
  const answer = parse(body);
  const reason = typeof answer?.reason === 'string' && answer.reason ? answer.reason : undefined;
  const message = typeof answer?.message === 'string' && answer.message ? shorten(answer.message) : wordsFor(status);
  const seconds = Number(answer?.details?.retryAfterSeconds ?? retryAfter);
  return {
    kind: kindOf(status, message, reason, answer),
    message,
    ...(reason && { reason }),
    ...(seconds > 0 && { retryAfterMs: Math.min(seconds, LONGEST_WAIT_SECONDS) * 1000 }),
  };
}

function kindOf(
  status: number,
  message: string,
  reason: string | undefined,
  answer: Status | undefined,
): ClusterErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      if (/exceeded quota/.test(message)) return 'quota';
      if (answer?.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) return 'namespaceNotFound';
      return 'forbidden';
    case 404:
      // A 404 that is not Kubernetes' own (a proxy, a load balancer, an API server that starts) says nothing about an object.
      if (answer?.kind !== 'Status' || reason !== 'NotFound') return 'transient';
      return answer.details?.kind === 'namespaces' ? 'namespaceNotFound' : 'notFound';
    case 409:
      if (reason === 'AlreadyExists') return 'alreadyExists';
      // What a quota does when two pods are counted at once, or etcd when two writers meet: the same request works later.
      return /resourcequotas|object has been modified/.test(message) ? 'transient' : 'conflict';
    case 410:
      return 'gone';
    case 412:
      return 'conflict';
    case 400:
      if (/waiting to start/.test(message)) return 'waiting';
      // The log of an earlier start, whose container the kubelet has removed.
      return /previous terminated container .* not found/.test(message) ? 'notFound' : 'invalid';
    case 408:
    case 425:
    case 429:
      return 'transient';
    case 500:
      return /request is too large/.test(message) ? 'invalid' : 'transient';
    default:
      return status > 400 && status < 500 ? 'invalid' : 'transient';
  }
}

function parse(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const shorten = (text: string) => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
};
