/** The history of a run: as far as it goes now, or as it happens. */
import { defaultPayloadConverter } from '@temporalio/common';
import { type HistoryEvent, historyPages } from '../../common/history-pages.ts';
import { pause } from '../../common/pause.ts';
import { infrastructure } from '../../common/problem.ts';
import { type RunRef, SCHEDULED_START } from '../../contract/index.ts';
import { asProblem, isNotFound, mayPass, type Temporal } from '../temporal/connection.ts';
import { timeOf } from './pod-events.ts';
import { RunHistory } from './run-history.ts';

/** As far as it goes now. @param maxPages of about 1,000 events each; of a longer one the beginning is read. @throws Problem */
export async function readHistory(
  { client, config }: Temporal,
  { workflowId, runId }: RunRef,
  maxPages = Infinity,
): Promise<RunHistory> {
  const history = new RunHistory(workflowId);
  let pages = 0;
  try {
    for await (const page of historyPages(client, { namespace: config.namespace, workflowId, runId })) {
      for (const event of page) history.take(event);
      if (++pages >= maxPages) break;
    }
    return history;
  } catch (error) {
    throw asProblem(error, config);
  }
}

export interface Following {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * What there is at first, then what happened together, until the run has closed or the signal fires. Says once when Temporal goes
 * away, and goes on when it is back.
 */
export function followHistory(
  { client, connection, config }: Temporal,
  { workflowId, runId }: RunRef,
  { signal, say }: Following,
): AsyncGenerator<readonly HistoryEvent[]> {
  const { address } = config.connection;
  const request = { namespace: config.namespace, workflowId, runId, waitNewEvent: true };
  return historyPages(client, request, async (call) => {
    for (let away = false; !signal.aborted; await pause(1_000, signal)) {
      try {
        const page = await connection.withAbortSignal(signal, call);
        if (away) say('Temporal answers again');
        return page;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (isNotFound(error))
          throw infrastructure(`Temporal at ${address} does not know the run ${workflowId} (${runId}) any more`, error);
        if (!mayPass(error)) throw asProblem(error, config);
        if (!away) say(`Temporal at ${address} does not answer; waiting for it`);
        away = true;
      }
    }
    return undefined;
  });
}

/** How a run was started, from the first event of its history: what a rerun is started with too. For what moment it was: a rerun of last night's run is for last night. */
export async function startedWith(
  { client, config }: Temporal,
  { workflowId, runId }: RunRef,
): Promise<{ args: unknown[]; scheduledFor: Date }> {
  const request = { namespace: config.namespace, execution: { workflowId, runId }, maximumPageSize: 1 };
  const page = await client.workflowService.getWorkflowExecutionHistory(request).catch((error: unknown) => {
    throw asProblem(error, config);
  });
  const [event] = page.history?.events ?? [];
  const started = event?.workflowExecutionStartedEventAttributes;
  if (!started) throw infrastructure(`Temporal does not tell how ${workflowId} was started`);
  const scheduled = started.searchAttributes?.indexedFields?.[SCHEDULED_START.name];
  return {
    args: (started.input?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload)),
    scheduledFor: new Date(scheduled ? defaultPayloadConverter.fromPayload<string>(scheduled) : timeOf(event)),
  };
}
