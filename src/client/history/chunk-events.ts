/** What a history says about the chunks of a `task.map`, its child workflows `<workflowId>/<task>/<chunk>`. */
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { HistoryEvent } from '../../common/history-pages.ts';
import { type Chunk, type MappedItems, taskOfChunk } from '../../contract/index.ts';
import { whichFailed } from '../../workflows/dag/failures.ts';
import { decode } from './pod-events.ts';

export interface ChunkEvent {
  readonly kind: 'chunk';
  readonly task: string;
  /** Names of the tasks that the mapped one waited for; told when a chunk is asked for. */
  readonly after?: readonly string[];
  readonly chunk: ChunkState;
}

export type ChunkState = MappedItems['chunks'][number] & {
  /** Items of it that have no result. */
  readonly failed: number;
  /** Known when it has started. */
  readonly runId?: string;
};

export function chunkReader(workflowId: string): (event: HistoryEvent) => ChunkEvent | undefined {
  const chunks = new Map<string, ChunkEvent>();

  const asked = (event: HistoryEvent): ChunkEvent | undefined => {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    const id = initiated?.workflowId;
    const task = id && taskOfChunk(workflowId, id);
    if (!initiated || !id || !task) return undefined;
    const { from = 0, items = [], after = [] } = (decode(initiated.input) ?? {}) as Partial<Chunk<unknown>>;
    return {
      kind: 'chunk',
      task,
      after,
      chunk: { workflowId: id, from, items: items.length, state: 'waiting', failed: 0 },
    };
  };

  return (event) => {
    const known = asked(event) ?? changed(event, chunks);
    if (known) chunks.set(known.chunk.workflowId, known);
    return known;
  };
}

function changed(event: HistoryEvent, chunks: ReadonlyMap<string, ChunkEvent>): ChunkEvent | undefined {
  const started = event.childWorkflowExecutionStartedEventAttributes;
  const done = event.childWorkflowExecutionCompletedEventAttributes;
  const failed = event.childWorkflowExecutionFailedEventAttributes;
  const cancelled = event.childWorkflowExecutionCanceledEventAttributes;
  const ended =
    event.childWorkflowExecutionTerminatedEventAttributes ?? event.childWorkflowExecutionTimedOutEventAttributes;
  const { workflowId, runId } = (started ?? done ?? failed ?? cancelled ?? ended)?.workflowExecution ?? {};
  const known = chunks.get(workflowId ?? '');
  if (!known) return undefined;
  const state = started ? 'running' : done ? 'done' : cancelled ? 'cancelled' : 'failed';
  const error = failed?.failure && defaultFailureConverter.failureToError(failed.failure, defaultPayloadConverter);
  const lost = state === 'failed' ? (whichFailed(error)?.failed ?? known.chunk.items) : 0;
  return { ...known, chunk: { ...known.chunk, state, failed: lost, ...(runId && { runId }) } };
}
