/**
 * Temporal as one execution of an activity sees it, for tests: it remembers heartbeats, says how the activity stands, and hands
 * what it remembers to the next attempt.
 */
import { ActivityCancellationDetails, type Logger } from '@temporalio/common';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type Client,
} from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PodRecord, PodResult, PodSpec, RunPodInput } from '../../src/contract/index.ts';
import { createPodActivities, type PodDependencies } from '../../src/activities/index.ts';

type Standing = 'pending' | 'cancelled' | 'paused' | 'reset' | 'notFound';

const refusals = {
  cancelled: () => new ActivityCancelledError('cancelled'),
  paused: () => new ActivityPausedError('paused'),
  reset: () => new ActivityResetError('reset'),
  notFound: () => new ActivityNotFoundError('not found'),
};

/** The reasons for which the SDK ends an attempt. */
const REASONS = {
  cancelRequested: 'CANCELLED',
  notFound: 'NOT_FOUND',
  timedOut: 'TIMED_OUT',
  workerShutdown: 'WORKER_SHUTDOWN',
  paused: 'PAUSED',
  reset: 'RESET',
} as const;

const LEVELS = ['log', 'trace', 'debug', 'info', 'warn', 'error'] as const;

export class FakeTemporal {
  standing: Standing = 'pending';
  /** How the run stands, as `describe` tells it: status, and whether the activity is still pending. */
  run = { status: 'RUNNING', pending: true, answers: true };
  /** Heartbeat details that Temporal holds. */
  recorded: PodRecord | undefined;
  /** Every heartbeat in its order, throttled ones included. */
  readonly heartbeats: PodRecord[] = [];
  /** What was reported as cancelled, by task token. */
  cancelled: { cleanup?: { gone: boolean } } | undefined;
  /** Of other runs, by runId; the error that is thrown instead. Others are not found. */
  readonly histories = new Map<string, object[] | Error>();
  /** RunIds in the order in which their histories were asked for. */
  readonly historiesRead: string[] = [];
  /** While set, no token heartbeat is answered before it resolves. */
  silence: Promise<unknown> | undefined;
  /** The worker's own log. */
  readonly said: { level: string; message: string; meta: Record<string, unknown> }[] = [];
  readonly scheduledAt: number;
  #attempts = 0;
  readonly #waiting = new Set<() => void>();
  #onRecord: (details: PodRecord) => unknown = () => undefined;

  readonly #logger = Object.fromEntries(
    LEVELS.map((level) => [
      level,
      (message: string, meta: Record<string, unknown> = {}) => void this.said.push({ level, message, meta }),
    ]),
  ) as unknown as Logger;

  constructor(scheduledAt = Date.now()) {
    this.scheduledAt = scheduledAt;
  }

  /** Starts the next attempt; it finds what the earlier ones recorded. */
  attempt(dependencies: PodDependencies, spec: PodSpec, more: Partial<RunPodInput> = {}): Attempt {
    const activityId = 'orders-1';
    const environment = new MockActivityEnvironment(
      {
        attempt: ++this.#attempts,
        activityId,
        heartbeatDetails: structuredClone(this.recorded),
        scheduledTimestampMs: this.scheduledAt,
        workflowExecution: { workflowId: 'sales', runId: 'run-1' },
      },
      { client: this.#client(activityId), logger: this.#logger },
    );
    environment.on('heartbeat', (details: PodRecord) => this.#heard(details));
    const input: RunPodInput = { spec, task: 'orders', after: [], try: 1, ...more };
    const { runPod } = createPodActivities(dependencies);
    const result = environment.run<[RunPodInput], PodResult, typeof runPod>(runPod, input);
    // A test looks at the result when it is ready to.
    result.catch(() => undefined);
    return {
      result,
      end: (...flags) => {
        if (flags.includes('cancelRequested') && this.standing === 'pending') this.standing = 'cancelled';
        environment.cancel(
          REASONS[flags[0] as keyof typeof REASONS],
          new ActivityCancellationDetails(Object.fromEntries(flags.map((flag) => [flag, true]))),
        );
      },
    };
  }

  /** Resolves once this is so; looks after every heartbeat. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Does this with every heartbeat by token, before it is answered. */
  onRecord(act: (details: PodRecord) => unknown): void {
    this.#onRecord = act;
  }

  #heard(details: PodRecord): void {
    this.heartbeats.push(structuredClone(details));
    for (const look of this.#waiting) look();
    this.#waiting.clear();
  }

  #client(activityId: string): Client {
    const answer = async () => {
      await this.silence;
      if (this.standing !== 'pending') throw refusals[this.standing]();
    };
    const client = {
      options: { namespace: 'default' },
      withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
      workflowService: {
        // In pages of three events.
        getWorkflowExecutionHistory: async (request: { execution: { runId: string }; nextPageToken?: Uint8Array }) => {
          const { runId } = request.execution;
          const from = request.nextPageToken?.[0] ?? 0;
          if (from === 0) this.historiesRead.push(runId);
          const events = this.histories.get(runId) ?? Object.assign(new Error('not found'), { code: 5 });
          if (events instanceof Error) throw events;
          const more = from + 3 < events.length && { nextPageToken: Uint8Array.of(from + 3) };
          return { history: { events: events.slice(from, from + 3) }, ...more };
        },
      },
      withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
      activity: {
        heartbeat: async (_token: Uint8Array, details: PodRecord) => {
          const sent = structuredClone(details);
          if (this.standing !== 'notFound') this.recorded = sent;
          this.#onRecord(sent);
          this.#heard(sent);
          await answer();
        },
        reportCancellation: async (_token: Uint8Array, details: FakeTemporal['cancelled']) => {
          this.cancelled = details;
        },
      },
      workflow: {
        getHandle: () => ({
          describe: async () => {
            if (!this.run.answers) throw new Error('Temporal is away');
            const pendingActivities = this.run.pending ? [{ activityId }] : [];
            return { status: { name: this.run.status }, raw: { pendingActivities } };
          },
        }),
      },
    };
    return client as unknown as Client;
  }
}

export interface Attempt {
  result: Promise<PodResult>;
  /** The SDK ends the attempt with these flags; the first one names the reason. */
  end(...flags: (keyof typeof REASONS)[]): void;
}
