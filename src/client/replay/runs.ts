/** The runs of a task queue that a change of the code could break, with their histories. */
import { type HistoryEvent, historyPages } from '../../common/history-pages.ts';
import type { RunRef } from '../../contract/index.ts';
import { isMissing } from '../temporal/find-run.ts';
import { runsQuery } from '../temporal/run-query.ts';
import type { Temporal } from '../temporal/connection.ts';

export interface RunsFilter {
  readonly workflow?: string | undefined;
  /** So many that have ended, the newest first. */
  readonly last: number;
}

export interface RunToReplay extends RunRef {
  readonly isOpen: boolean;
  readonly events: readonly HistoryEvent[];
}

/**
 * All that are under way, then the last ones that have ended; each with its child workflows on the same task queue, as the chunks of maps
 * are: of an open run those that are under way, of an ended one the first of each workflow.
 */
export async function* runsToReplay(temporal: Temporal, { workflow, last }: RunsFilter): AsyncGenerator<RunToReplay> {
  const { client, config } = temporal;
  const { taskQueue } = config;
  const seen = new Set<string>();
  const withChildren = async function* (first: RunRef, isOpen: boolean): AsyncGenerator<RunToReplay> {
    const waiting = [first];
    for (let ref = waiting.shift(); ref; ref = waiting.shift()) {
      if (seen.has(ref.runId)) continue;
      seen.add(ref.runId);
      const events = await eventsOf(temporal, ref);
      // Temporal has forgotten it meanwhile.
      if (!events) continue;
      yield { ...ref, isOpen, events };
      waiting.push(...childrenOf(events, { taskQueue, isOpen }));
    }
  };
  const open = client.workflow.list({ query: runsQuery({ taskQueue, workflow, status: 'running', all: true }) });
  for await (const run of open) yield* withChildren({ workflowId: run.workflowId, runId: run.runId }, true);
  if (last === 0) return;
  let count = 0;
  const closed = client.workflow.list({ query: runsQuery({ taskQueue, workflow, closed: true }), pageSize: last });
  for await (const run of closed) {
    yield* withChildren({ workflowId: run.workflowId, runId: run.runId }, false);
    if (++count >= last) return;
  }
}

async function eventsOf({ client, config }: Temporal, ref: RunRef): Promise<HistoryEvent[] | undefined> {
  const events: HistoryEvent[] = [];
  try {
    for await (const page of historyPages(client, { namespace: config.namespace, ...ref })) events.push(...page);
    return events;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Pure. */
export function childrenOf(
  events: readonly HistoryEvent[],
  { taskQueue, isOpen }: { readonly taskQueue: string; readonly isOpen: boolean },
): RunRef[] {
  const types = new Map<string, string>();
  const children = new Map<string, RunRef & { readonly type: string }>();
  for (const event of events) {
    const asked = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (asked?.taskQueue?.name === taskQueue) types.set(String(event.eventId), asked.workflowType?.name ?? '');
    const started = event.childWorkflowExecutionStartedEventAttributes;
    const type = types.get(String(started?.initiatedEventId));
    const { workflowId, runId } = started?.workflowExecution ?? {};
    if (type !== undefined && workflowId && runId) children.set(runId, { workflowId, runId, type });
    if (isOpen) children.delete(endedChild(event) ?? '');
  }
  const all = [...children.values()];
  const some = isOpen ? all : all.filter(({ type }, at) => all.findIndex((one) => one.type === type) === at);
  return some.map(({ workflowId, runId }) => ({ workflowId, runId }));
}

const endedChild = (event: HistoryEvent): string | undefined =>
  (
    event.childWorkflowExecutionCompletedEventAttributes ??
    event.childWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes
  )?.workflowExecution?.runId ?? undefined;
