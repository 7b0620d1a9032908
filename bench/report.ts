/** The tables of a run, in Markdown. */
import { requestsPerPod, type Figures } from './figures.ts';
import { SUBJECTS, type SubjectId, type WorkloadId } from './plan.ts';
import { median, p95, p99 } from './statistics.ts';
import { WORKLOADS } from './workloads.ts';

export interface Waiting {
  readonly pods: number;
  /** How long was counted. */
  readonly seconds: number;
  /** Undefined: Temporal told no metrics. */
  readonly heartbeats: number | undefined;
  readonly calls: number | undefined;
  readonly peak: number;
}

export interface ScaleRow {
  readonly name: string;
  readonly pods: number;
  readonly seconds: number;
  /** MiB. */
  readonly idle: number;
  readonly peak: number;
  /** Milliseconds of the worker's CPU, in all. */
  readonly cpu: number;
  /** Calls to Temporal in all. */
  readonly calls: number | undefined;
  /** Of pods that were cancelled: until all were gone. */
  readonly cancelSeconds?: number;
  readonly heartbeatsPerPodHour?: number | undefined;
  readonly error?: string;
}

export interface Results {
  readonly date: string;
  /** As it is said on the command line. */
  readonly command: string;
  readonly seed: number;
  readonly machine: string;
  readonly figures: readonly Figures[];
  /** MiB of the worker before its first run. */
  readonly idle: number | undefined;
  readonly waiting: Waiting | undefined;
  readonly scale: readonly ScaleRow[];
  /** Why a peer is not in the tables, by its name. */
  readonly missing: Readonly<Record<string, string>>;
}

const PODS: Record<WorkloadId, number> = { echo: 1, chain: 5, fan: 20, lines: 1, flood: 1 };
const ORDER = Object.keys(SUBJECTS) as SubjectId[];

const NONE = '-';
const seconds = (ms: number | undefined): string => (ms === undefined ? NONE : (ms / 1000).toFixed(2));
const number = (value: number | undefined, digits = 0): string => value?.toFixed(digits) ?? NONE;
const pair = (values: readonly number[], show = seconds): string =>
  values.length === 0 ? NONE : `${show(median(values))} / ${show(p95(values))}`;
const ratio = (value: number | undefined, to: number | undefined): string =>
  value === undefined || !to ? NONE : (value / to).toFixed(2);

/** A Markdown table; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

export function report(results: Results): string {
  const { figures, idle, waiting, scale, missing } = results;
  const of = (workload: WorkloadId, subject: SubjectId) =>
    figures.find((one) => one.workload === workload && one.subject === subject);
  const present = (workload: WorkloadId) => ORDER.flatMap((subject) => of(workload, subject) ?? []);
  const parts = [
    `# Bench of ${results.date}`,
    `\`${results.command}\`, seed ${results.seed}. ${results.machine}.`,
    'Median / 95th percentile of seconds since the start, as the observer and the caller saw it. “× floor”: the median result over the median of ' +
      'the floor’s main container; “× ours”: over the median result of temporal-pods.',
    ...(['echo', 'chain', 'fan', 'lines', 'flood'] as const).flatMap((workload) => {
      const all = present(workload);
      return all.length === 0 ? [] : [`## ${WORKLOADS[workload]}`, times(all)];
    }),
    ...linesText(of),
    ...(present('echo').length > 0 ? ['## Cost', costs(of, idle)] : []),
    ...(waiting ? [waitingText(waiting)] : []),
    '## Reach',
    reach(results, of),
    ...(scale.length > 0 ? ['## At scale', scaleTable(scale)] : []),
    ...remarks(figures, missing),
  ];
  return `${parts.join('\n\n')}\n`;
}

type Of = (workload: WorkloadId, subject: SubjectId) => Figures | undefined;

function times(all: readonly Figures[]): string {
  const floor = median(all.find(({ subject }) => subject === 'floor')?.terminated ?? []);
  const ours = median(all.find(({ subject }) => subject === 'ours')?.result ?? []);
  const head = ['', 'n', 'container ended', 'phase terminal', 'result', 'run closed', 'pod gone', '× floor', '× ours'];
  const rows = all.map((one) => {
    const result = median(one.result);
    return [
      SUBJECTS[one.subject],
      `${one.samples}${one.failed > 0 ? ` (${one.failed} failed)` : ''}`,
      pair(one.terminated),
      pair(one.phase),
      one.subject === 'floor' ? NONE : pair(one.result),
      pair(one.closed),
      pair(one.gone),
      one.subject === 'floor' ? '1' : ratio(result, floor),
      one.subject === 'floor' ? ratio(floor, ours) : ratio(result, ours),
    ];
  });
  return table(head, rows);
}

const ms = (value: number | undefined): string => number(value);

function linesText(of: Of): string[] {
  const subjects = ORDER.filter((subject) => of('lines', subject) ?? of('flood', subject));
  if (subjects.length === 0) return [];
  const head = ['', 'first line', 'other lines, p50 / p99', '100,000 lines', 'of them came'];
  const rows = subjects.map((subject) => {
    const [slow, flood] = [of('lines', subject), of('flood', subject)];
    const other = slow?.line ?? [];
    return [
      SUBJECTS[subject],
      pair(slow?.firstLine ?? [], ms),
      other.length === 0 ? NONE : `${ms(median(other))} / ${ms(p99(other))}`,
      pair(flood?.lastLine ?? []),
      flood && flood.samples > 0 ? String(flood.linesSeen) : NONE,
    ];
  });
  return [
    '## Lines',
    'Milliseconds from the moment at which the program printed a line until it was at the client; for 100,000 lines the seconds from its first ' +
      'line on until the last one was there, and how many came in the sample with the fewest.',
    table(head, rows),
  ];
}

function costs(of: Of, idle: number | undefined): string {
  const head = [
    '',
    'CPU ms a pod: echo',
    '20 at once',
    'API requests a pod: echo',
    '20 at once',
    'Temporal calls a pod: echo',
    '20 at once',
    'peak MiB: echo',
    '20 at once',
  ];
  const rows = ORDER.filter((subject) => subject !== 'floor' && of('echo', subject)).map((subject) => {
    const both = (['echo', 'fan'] as const).map((workload) => ({
      one: of(workload, subject),
      pods: PODS[workload],
      floor: of(workload, 'floor'),
    }));
    const each = (show: (cell: Figures, pods: number, floor: Figures | undefined) => string) =>
      both.map(({ one, pods, floor }) => (one && one.samples > 0 ? show(one, pods, floor) : NONE));
    return [
      SUBJECTS[subject],
      ...each(({ cpu }, pods) => number(scaled(median(cpu), pods))),
      ...each((one, pods, floor) => number(requestsPerPod(one, floor, pods), 1)),
      ...each(({ temporal }, pods) => number(scaled(temporal, pods), 1)),
      ...each(({ peak }) => number(peak)),
    ];
  });
  const words = [
    ...(idle === undefined ? [] : [`The worker of temporal-pods before its first run: ${idle} MiB.`]),
    ...(of('fan', 'kpo') || of('fan', 'kpoTuned')
      ? [
          'KubernetesPodOperator has a process for each of the 20, as in Airflow: its memory here is that of their parent.',
        ]
      : []),
  ];
  return [table(head, rows), ...words].join('\n\n');
}

const scaled = (value: number | undefined, pods: number): number | undefined =>
  value === undefined ? undefined : value / pods;

export const perPodHour = (count: number, pods: number, seconds: number): number => (count / pods / seconds) * 3600;

function waitingText({ pods, seconds: length, heartbeats, calls, peak }: Waiting): string {
  if (heartbeats === undefined || calls === undefined)
    return `${pods} waiting pods, ${length.toFixed(0)} s: Temporal tells no metrics here, so its calls were not counted; peak ${peak} MiB.`;
  const hour = (count: number) => perPodHour(count, pods, length).toFixed(0);
  return `${pods} waiting pods, counted for ${length.toFixed(0)} s: ${hour(heartbeats)} heartbeats and ${hour(calls)} calls to Temporal a pod-hour; peak ${peak} MiB.`;
}

/** Of issue 11: what is to be reached, and what it was before. */
function reach({ idle, waiting, scale }: Results, of: Of): string {
  const floorOf = (workload: WorkloadId) => median(of(workload, 'floor')?.terminated ?? []);
  const over = (workload: WorkloadId, floor: number | undefined) => {
    const result = median(of(workload, 'ours')?.result ?? []);
    return result === undefined || floor === undefined ? undefined : (result - floor) / 1000;
  };
  const echo = floorOf('echo');
  const ours = of('lines', 'ours');
  // A kubelet gives nobody a line before it has told that the container runs.
  const laterThan = (floor: Figures | undefined) => {
    const [first, theirs] = [median(ours?.firstLine ?? []), median(floor?.firstLine ?? [])];
    return first === undefined || theirs === undefined ? undefined : first - theirs;
  };
  const fan = of('fan', 'ours');
  const good = scale.filter(({ error }) => error === undefined);
  const held = good.find(({ cancelSeconds }) => cancelSeconds !== undefined);
  const run = good.find(({ cancelSeconds }) => cancelSeconds === undefined);
  const beats = waiting?.heartbeats;
  const rows: [string, string, string, number | undefined, number][] = [
    ['echo, start → result, over the container floor', '+ 1.09 s', '<= + 0.15 s', over('echo', echo), 2],
    ['chain of 5, over five container floors', '+ 5.4 s', '<= + 0.6 s', over('chain', echo && echo * 5), 2],
    ['20 at once, over their floor', '+ 2.0 s', '<= + 0.7 s', over('fan', floorOf('fan')), 2],
    ['first line at the client, over the floor’s, p50', '?', '<= 100 ms', laterThan(of('lines', 'floor')), 0],
    ['line latency, p50', '?', '<= 20 ms', median(ours?.line ?? []), 0],
    ['line latency, p99', '?', '<= 100 ms', p99(ours?.line ?? []), 0],
    [
      'heartbeats a pod-hour of waiting',
      '720',
      '<= 150',
      beats === undefined || !waiting ? undefined : perPodHour(beats, waiting.pods, waiting.seconds),
      0,
    ],
    [
      'requests to the API server a good pod',
      '6-7',
      '<= 4',
      fan && requestsPerPod(fan, of('fan', 'floor'), PODS.fan),
      1,
    ],
    ['worker, idle, MiB', '472', '<= 250', idle, 0],
    [`worker with ${held?.pods ?? '1,000'} waiting pods, MiB`, '860', '<= 500', held?.peak, 0],
    ['CPU a stand-in pod, ms', '31-36', '<= 12', run && run.cpu / run.pods, 1],
  ];
  return table(
    ['', 'before', 'reach', 'now'],
    rows.map(([name, before, goal, value, digits]) => [name, before, goal, number(value, digits)]),
  );
}

function scaleTable(rows: readonly ScaleRow[]): string {
  const head = [
    'stand-in pods (KWOK), logs off',
    'pods',
    'seconds',
    'pods/s',
    'idle MiB',
    'peak MiB',
    'worker CPU ms a pod',
    'Temporal calls a pod',
    'heartbeats a pod-hour',
    'cancelled, all gone after s',
  ];
  return table(
    head,
    rows.map((row) => [
      row.error === undefined ? row.name : `${row.name}: ${row.error}`,
      String(row.pods),
      row.seconds.toFixed(1),
      number(row.pods / row.seconds, 1),
      String(row.idle),
      String(row.peak),
      number(row.cpu / row.pods, 1),
      number(scaled(row.calls, row.pods), 1),
      number(row.heartbeatsPerPodHour),
      number(row.cancelSeconds, 1),
    ]),
  );
}

function remarks(figures: readonly Figures[], missing: Results['missing']): string[] {
  const absent = Object.entries(missing).map(([name, why]) => `- ${name} is not in the tables: ${oneLine(why)}`);
  const failed = figures.flatMap(({ subject, workload, failed, error }) =>
    failed > 0
      ? [`- ${SUBJECTS[subject]}, ${WORKLOADS[workload]}: ${failed} failed, one with: ${oneLine(error ?? '')}`]
      : [],
  );
  const all = [...absent, ...failed];
  return all.length > 0 ? ['## What is missing', all.join('\n')] : [];
}

/** The last line of a trace says what went wrong. */
const oneLine = (text: string): string => (text.trim().split('\n').at(-1) ?? '').slice(0, 300);
