/** The events of a run as they happen, to its close. */
import { infrastructure } from '../common/problem.ts';
import { pause } from '../common/pause.ts';
import { eventReader, type HistoryEvent, type RunEvent } from './run-events.ts';
import type { Run } from './start.ts';
import { asProblem, isNotFound, mayPass, type Temporal } from './temporal.ts';

interface Following {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Ends when the run has closed; says once when Temporal goes away, and goes on when it is back. */
export async function* followHistory(temporal: Temporal, run: RunKey, following: Following): AsyncGenerator<RunEvent> {
  const read = eventReader();
  for await (const page of historyPages(temporal, run, following))
    for (const event of page) {
      const known = read(event);
      if (known) yield known;
    }
}

type RunKey = Pick<Run, 'workflowId' | 'runId'>;

/** The same as it comes: what there is at first, then what happened together. */
export async function* historyPages(
  { client, connection, config }: Temporal,
  { workflowId, runId }: RunKey,
  { signal, say }: Following,
): AsyncGenerator<readonly HistoryEvent[]> {
  let nextPageToken: Uint8Array | undefined;
  let away = false;
  for (;;) {
    let page;
    try {
      const request = {
        namespace: config.namespace,
        execution: { workflowId, runId },
        waitNewEvent: true,
        ...(nextPageToken && { nextPageToken }),
      };
      page = await connection.withAbortSignal(signal, () =>
        client.workflowService.getWorkflowExecutionHistory(request),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (isNotFound(error))
        throw infrastructure(
          `Temporal at ${config.connection.address} does not know the run ${workflowId} (${runId}) any more`,
          error,
        );
      if (!mayPass(error)) throw asProblem(error, config);
      if (!away) say(`Temporal at ${config.connection.address} does not answer; waiting for it`);
      away = true;
      await pause(1_000, signal);
      continue;
    }
    if (away) say('Temporal answers again');
    away = false;
    yield page.history?.events ?? [];
    if (!page.nextPageToken?.length) return;
    nextPageToken = page.nextPageToken;
  }
}
