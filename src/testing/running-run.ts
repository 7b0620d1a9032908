/** A simulated run that is under way, as an author sees it. Types only. */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Duration } from '../common/duration.ts';
import type { Graph, TaskState } from '../contract/index.ts';

/** The run, for who acts on it while it is under way. */
export interface RunningRun {
  /** The simulated time. */
  readonly now: Date;
  /** Lets so much time pass. */
  sleep(length: Duration): Promise<void>;
  /** Lets time pass until the task is in this state, or the graph is as it shall be. @throws SimulationError when the run ends before */
  until(task: string, state: TaskState): Promise<void>;
  until(isSo: (graph: Graph) => boolean): Promise<void>;
  /** Its result. @throws what it is refused with (of our own ones `DagRefused`), or fails with */
  update<R, A extends unknown[]>(update: UpdateDefinition<R, A> | string, ...args: A): Promise<R>;
  signal<A extends unknown[]>(signal: SignalDefinition<A> | string, ...args: A): Promise<void>;
  query<R, A extends unknown[]>(query: QueryDefinition<R, A> | string, ...args: A): Promise<R>;
  /** Cancels the run, as a client does. */
  cancel(): Promise<void>;
  /** Of the DAG; without tasks while there is none. */
  graph(): Promise<Graph>;
}
