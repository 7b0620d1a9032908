/** What can go wrong between a client and an API server, to be ordered for the next n requests. */

export type Verb = 'create' | 'read' | 'list' | 'watch' | 'patch' | 'delete' | 'log' | 'events';

export type Fault =
  /** Answers with this status and does nothing. 429 and 503 ask to come again in `retryAfter` seconds (default 1). */
  | { answer: number; reason?: string; message?: string; retryAfter?: number; body?: string }
  /** Does what was asked, and destroys the socket instead of answering. */
  | 'lose answer'
  /** Takes the request and does nothing, for ever. */
  | 'hang'
  /** Does what was asked at once, and answers when the promise resolves. */
  | { answerAfter: Promise<unknown> }
  /** Does what was asked, and answers it, when the promise resolves: a request that was long on its way. */
  | { doAfter: Promise<unknown> }
  /** For a log or a watch: ends the body after so many bytes. */
  | { cutAfter: number; how: Cut };

/** `reset`: the connection breaks. `eof`: the body ends properly, as when a proxy has had enough. */
export type Cut = 'reset' | 'eof';

/** What a fault is about; what is absent is about all. */
export interface Where {
  readonly name?: string;
  readonly namespace?: string;
}

export class FakeFaults {
  readonly #planned: ({ verb: Verb; fault: Fault; times: number } & Where)[] = [];

  plan(verb: Verb, fault: Fault, { times = 1, ...where }: Where & { times?: number } = {}): void {
    this.#planned.push({ verb, fault, times, ...where });
  }

  /** The fault for this request, used up once. */
  take(verb: Verb, { name, namespace }: Where): Fault | undefined {
    const index = this.#planned.findIndex(
      (plan) => plan.verb === verb && (plan.name ?? name) === name && (plan.namespace ?? namespace) === namespace,
    );
    const plan = this.#planned[index];
    if (plan && --plan.times <= 0) this.#planned.splice(index, 1);
    return plan?.fault;
  }

  clear(): void {
    this.#planned.length = 0;
  }
}

const words: Record<number, [reason: string, message: string]> = {
  400: ['BadRequest', 'bad request'],
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'pods is forbidden: User "fake" cannot do this'],
  404: ['NotFound', 'not found'],
  409: [
    'Conflict',
    'Operation cannot be fulfilled on resourcequotas "quota": the object has been modified; please apply your changes to the latest version and try again',
  ],
  410: ['Expired', 'too old resource version: 1 (2)'],
  422: ['Invalid', 'is invalid'],
  429: ['TooManyRequests', 'too many requests, please try again later'],
  500: ['InternalError', 'Internal error occurred'],
  503: ['ServiceUnavailable', 'apiserver not ready'],
};

export interface Status {
  code: number;
  reason?: string;
  message?: string;
  details?: unknown;
}

/** A Kubernetes Status object as JSON. */
export const statusBody = ({ code, reason, message, details }: Status): string =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: message ?? words[code]?.[1] ?? 'failed',
    reason: reason ?? words[code]?.[0] ?? 'Unknown',
    ...(details !== undefined && { details }),
    code,
  });
