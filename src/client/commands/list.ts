/** `list`: the runs of this task queue. */
import { InvalidArgumentError, Option } from 'commander';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { mapAtOnce } from '../../common/at-once.ts';
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';
import { createOutput } from '../terminal/output.ts';
import { ROW_FORMATS, rowsText, type Column, type RowFormat } from '../terminal/rows.ts';
import {
  runsQuery,
  STATUS_WORDS,
  statusWord,
  type RunFilter,
  type RunState,
  statusColour,
} from '../temporal/run-query.ts';
import { printData } from '../terminal/stdout.ts';
import type { Temporal } from '../temporal/connection.ts';
import { lengthText, momentText, readSince } from '../terminal/time-text.ts';
import type { Program } from './program.ts';

interface Options {
  readonly status?: RunState;
  readonly workflow?: string;
  readonly failure?: string;
  readonly since?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly waiting?: boolean;
  readonly output: RowFormat;
}

interface Row {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflow: string;
  readonly status: RunState;
  readonly startedAt: string;
  readonly closedAt?: string;
  readonly durationMs: number;
}

const HELP = `
Runs are of the task queue in TEMPORAL_PODS_TASK_QUEUE, newest first. A run appears here about a second after its start. One is stuck when its
workflow's code fails again and again, as after a change that does not fit it: show says why, and what to do.
  list --status failed --since 24h
  list --failure OOMKilled --since 7d
  list --status running -o name
  list --status stuck
  list --waiting
What waits are held tasks, and runs whose new pods are paused; each run is asked, of those that run the newest --limit.

Exit code: 0 also when there are none, 2 the call is wrong, 3 Temporal does not answer.`;

export function listCommand(program: Program): void {
  program
    .command('list', 'List runs: how they stand, since when, how long.', ROW_FORMATS)
    .addOption(new Option('--status <status>', 'only those that stand so').choices([...STATUS_WORDS, 'stuck']))
    .option('--workflow <name>', 'only those of this workflow')
    .option('--failure <kind>', 'only those in which a pod failed so (OOMKilled, ContainerFailed…)')
    .option('--since <time>', 'only those started since then: 30m, 24h, 7d, or a moment in ISO 8601')
    .option('--limit <number>', 'at most so many', readLimit, 20)
    .option('--waiting', 'only what waits for a person, since when, until when, and what answers')
    .option('--all', 'also sweeps, and the chunks of maps')
    .addHelpText('after', HELP)
    .action(async ({ since, ...options }: Options) => {
      const startedAfter = since === undefined ? undefined : readSince('--since', since, Date.now());
      if (options.waiting && options.status !== undefined && options.status !== 'running')
        throw usage(`--waiting: only a run that is running can wait, got --status ${options.status}`);
      await program.withTemporal((temporal) =>
        options.waiting
          ? listWaiting(temporal, { ...options, status: 'running', startedAfter })
          : list(temporal, { ...options, startedAfter }),
      );
    });
}

type Filtered = Options & Pick<RunFilter, 'startedAfter'>;

/** So many runs are asked at once: each answer is a worker's, and a history. */
const AT_ONCE = 8;

/** Visibility knows nothing of tasks, so each run is asked. */
async function listWaiting(temporal: Temporal, options: Filtered): Promise<number> {
  const { limit, output } = options;
  const [{ readRun }, { findRun, newestRuns }, { waitingOf, waitingText }] = await Promise.all([
    import('../history/read-run.ts'),
    import('../temporal/find-run.ts'),
    import('../view/waiting.ts'),
  ]);
  const runs = await newestRuns(temporal, queryOf(temporal, options), limit);
  const found = await mapAtOnce(AT_ONCE, runs, async ({ workflowId, runId }) => {
    const run = await findRun(temporal, workflowId, runId);
    return waitingOf(run, (await readRun(temporal, run)).graph);
  });
  const rows = found.flat();
  if (output === 'table' && rows.length > 0) printData(waitingText(rows));
  else if (rows.length > 0 || output === 'json')
    printData(rowsText(output, rows, { columns: [], nameOf: (row) => row.workflowId, screen: process.stdout }));
  if (rows.length === 0)
    createOutput('text').say(`nothing waits for a person on task queue '${temporal.config.taskQueue}'`);
  return 0;
}

async function list(temporal: Temporal, options: Filtered): Promise<number> {
  const { client, config } = temporal;
  const { limit, output, status } = options;
  const say = (text: string) => createOutput('text').say(text);
  const query = queryOf(temporal, options);
  const rows: Row[] = [];
  let more = false;
  const runs = client.workflow.list({ query, pageSize: Math.min(Math.max(limit + 1, LOOKED_AT), 1000) });
  for await (const some of inLots(runs)) {
    const told = await withStuck(temporal, some.map(rowOf));
    rows.push(...told.filter((row) => status === undefined || row.status === status));
    more = rows.length > limit;
    if (more) break;
  }
  rows.splice(limit);
  if (rows.length > 0 || output === 'json')
    printData(rowsText(output, rows, { columns: COLUMNS, nameOf: (row) => row.workflowId, screen: process.stdout }));
  if (rows.length === 0) say(await noneText(config.taskQueue, options));
  if (more) say(`there are more than these ${limit}: --limit, --since`);
  return 0;
}

/** To Temporal's index one that is stuck runs like any other. */
const queryOf = ({ config: { taskQueue } }: Temporal, { status, ...more }: Filtered) =>
  runsQuery({ ...more, status: status === 'stuck' ? 'running' : status, taskQueue });

/** So many are taken together: of those that run, each is asked about. */
const LOOKED_AT = 20;

async function* inLots<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let lot: T[] = [];
  for await (const item of items)
    if (lot.push(item) === LOOKED_AT) {
      yield lot;
      lot = [];
    }
  if (lot.length > 0) yield lot;
}

async function withStuck(temporal: Temporal, rows: readonly Row[]): Promise<Row[]> {
  const running = rows.filter(({ status }) => status === 'running');
  if (running.length === 0) return [...rows];
  const stuck = await (await import('../history/stuck.ts')).stuckAmong(temporal, running);
  return rows.map((row) => (stuck.has(row.runId) ? { ...row, status: 'stuck' } : row));
}

async function noneText(
  taskQueue: string,
  {
    status,
    workflow,
    failure,
    startedAfter,
  }: Pick<Options, 'status' | 'workflow' | 'failure'> & Pick<RunFilter, 'startedAfter'>,
) {
  const filtered = [status, workflow, failure, startedAfter].some((filter) => filter !== undefined);
  const known = workflow === undefined ? [] : await (await import('../params/workflows.ts')).workflowNames();
  const isUnknown = workflow !== undefined && !known.includes(workflow);
  const hint = isUnknown ? suggestion(workflow, known, { as: (name) => `--workflow ${name}` }) : '';
  return `no runs${filtered ? ' like this' : ''} on task queue '${taskQueue}'${hint}`;
}

const rowOf = ({ workflowId, runId, type, status, startTime, closeTime }: WorkflowExecutionInfo): Row => ({
  workflowId,
  runId,
  workflow: type,
  status: statusWord(status.name),
  startedAt: startTime.toISOString(),
  ...(closeTime && { closedAt: closeTime.toISOString() }),
  durationMs: Math.max(0, (closeTime?.getTime() ?? Date.now()) - startTime.getTime()),
});

const COLUMNS: readonly Column<Row>[] = [
  { title: 'STATUS', text: ({ status }) => status, colour: ({ status }) => statusColour(status) },
  { title: 'WORKFLOW', text: ({ workflow }) => workflow },
  { title: 'ID', text: ({ workflowId }) => workflowId, cut: 'middle' },
  { title: 'STARTED', text: ({ startedAt }) => momentText(Date.parse(startedAt)) },
  { title: 'DURATION', text: ({ durationMs }) => lengthText(durationMs) },
];

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new InvalidArgumentError('it takes a whole number from 1 to 10000');
}
