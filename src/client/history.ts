/** The events of a run as they happen, to its close. */
import { infrastructure } from '../problem.ts';
import { pause } from '../activities/pause.ts';
import { eventReader, type RunEvent } from './run-events.ts';
import type { Run } from './start.ts';
import { asProblem, isNotFound, mayPass, type Temporal } from './temporal.ts';

/** Ends when the run has closed; says once when Temporal goes away, and goes on when it is back. */
export async function* followHistory(
  { client, connection, config }: Temporal,
  { workflowId, runId }: Run,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): AsyncGenerator<RunEvent> {
  const read = eventReader();
  let nextPageToken: Uint8Array | undefined;
  let away = false;
  for (;;) {
    let page;
    try {
      const request = {
        namespace: config.namespace,
        execution: { workflowId, runId },
        waitNewEvent: true,
        nextPageToken,
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
    for (const event of page.history?.events ?? []) {
      const known = read(event);
      if (known) yield known;
    }
    if (!page.nextPageToken?.length) return;
    nextPageToken = page.nextPageToken;
  }
}
