import type { Colour } from '../terminal/rows.ts';
import { POD_FAILURE } from '../../contract/index.ts';

/** What is asked of Temporal's visibility, and its words for how a run stands. Pure. */

/** Our word, and Temporal's in a query. */
const STATUSES = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed-out': 'TimedOut',
  'continued-as-new': 'ContinuedAsNew',
} as const;

export type StatusWord = keyof typeof STATUSES;
export const STATUS_WORDS = Object.keys(STATUSES) as [StatusWord, ...StatusWord[]];

/** `stuck`: it runs, and its workflow's code fails again and again. Temporal has no word for it. */
export type RunState = StatusWord | 'stuck';

export interface RunFilter {
  readonly taskQueue: string;
  readonly status?: StatusWord | undefined;
  /** Only those that have ended, in whatever way. */
  readonly closed?: boolean | undefined;
  readonly workflow?: string | undefined;
  /** The kind of a pod's failure that happened in it; needs the search attribute `PodFailure`. */
  readonly failure?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAfter?: number | undefined;
  /** Also sweeps and the chunks of maps, which are not started by hand. Asked for by name, they are there in any case. */
  readonly all?: boolean | undefined;
}

export function runsQuery({ taskQueue, status, closed, workflow, failure, startedAfter, all }: RunFilter): string {
  return [
    `TaskQueue = ${quoted(taskQueue)}`,
    ...(status ? [`ExecutionStatus = '${STATUSES[status]}'`] : []),
    ...(closed ? [`ExecutionStatus != '${STATUSES.running}'`] : []),
    ...(workflow === undefined ? [] : [`WorkflowType = ${quoted(workflow)}`]),
    ...(failure === undefined ? [] : [`${POD_FAILURE} = ${quoted(failure)}`]),
    ...(startedAfter === undefined ? [] : [`StartTime >= '${new Date(startedAfter).toISOString()}'`]),
    ...(all || workflow !== undefined ? [] : [`WorkflowType != 'sweep'`, 'ParentWorkflowId IS NULL']),
  ].join(' AND ');
}

/** Of `COMPLETED`, `TIMED_OUT`… */
export function statusWord(name: string): StatusWord {
  const word = name.toLowerCase().replaceAll('_', '-');
  return word in STATUSES ? (word as StatusWord) : 'running';
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** How a run stands, for a terminal. */
export const statusColour = (status: RunState): Colour | undefined =>
  (({ running: 'cyan', completed: 'green', cancelled: 'dim' }) as const)[status as 'running'] ??
  (status === 'continued-as-new' ? 'dim' : 'red');
