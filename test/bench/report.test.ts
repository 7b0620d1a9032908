import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, requestsPerPod } from '../../bench/figures.ts';
import { plot, stepOf } from '../../bench/plot.ts';
import { perPodHour, report, table, type Results } from '../../bench/report.ts';
import type { SubjectId, WorkloadId } from '../../bench/plan.ts';
import type { Sample } from '../../bench/sample.ts';

const START = 1_000_000;
let number = 0;

/** A sample of one pod whose result came `result` ms after the start, the pod's container having ended 50 ms before. */
function sample(workload: WorkloadId, subject: SubjectId, result: number, more: Partial<Sample> = {}): Sample {
  const terminated = START + result - 50;
  return {
    number: number++,
    workload,
    subject,
    warmUp: false,
    delayMs: 0,
    pods: [{ name: 'p', added: START, running: START + 100, terminated, phase: terminated + 900, gone: terminated + 950 }],
    told: { started: START, result: START + result, lines: [], linesSeen: 0 },
    ...more,
  }; // prettier-ignore
}

const results = (samples: Sample[], more: Partial<Results> = {}): Results => ({
  date: '2026-11-28',
  command: 'npm run bench',
  seed: 1,
  machine: '2 cores',
  figures: figuresOf(samples),
  idle: 200,
  waiting: undefined,
  scale: [],
  missing: {},
  ...more,
});

/** The cells of the first row of a table, under this heading, that begins with this. */
const row = (text: string, heading: string, name: string): string[] =>
  text
    .slice(text.indexOf(`## ${heading}`))
    .split('\n')
    .find((line) => line.startsWith(`| ${name} |`))!
    .split('|')
    .map((cell) => cell.trim())
    .slice(2, -1);

test('warm-ups do not count, failures are counted and told, and the other samples still count', () => {
  const [figures] = figuresOf([
    sample('echo', 'ours', 9_000, { warmUp: true }),
    sample('echo', 'ours', 1_000),
    sample('echo', 'ours', 1_200),
    sample('echo', 'ours', 5_000, { error: 'Traceback\n  it broke' }),
  ]);
  assert.deepEqual(figures?.result, [1_000, 1_200]);
  assert.deepEqual(figures?.terminated, [950, 1_150]);
  assert.equal(figures?.samples, 2);
  assert.equal(figures?.failed, 1);
});

test('with several pods the last one counts; a state in which not all were seen has no time', () => {
  const pods = [
    { name: 'a', added: START, terminated: START + 700, gone: START + 900 },
    { name: 'b', added: START, terminated: START + 800 },
  ];
  const [figures] = figuresOf([sample('fan', 'ours', 1_000, { pods })]);
  assert.deepEqual(figures?.terminated, [800]);
  assert.deepEqual(figures?.gone, []);
});

test('the first line is told apart from the others, and a flood counts from its first line to its last', () => {
  const told = (lines: [number, number, number][], more = {}) => ({
    told: { started: START, result: START + 5_000, lines, linesSeen: lines.length, ...more },
  });
  const figures = figuresOf([
    sample('lines', 'ours', 5_000, told([[0, 10, 110], [1, 1_010, 1_015], [2, 2_010, 2_040]])), // prettier-ignore
    sample('flood', 'ours', 5_000, told([[0, 100, 400], [1_000, 110, 500]], { lastLine: 1_600, linesSeen: 99_999 })), // prettier-ignore
  ]);
  assert.deepEqual(figures[0]?.firstLine, [100]);
  assert.deepEqual(figures[0]?.line, [5, 30]);
  assert.deepEqual(figures[1]?.lastLine, [1_500]);
  assert.equal(figures[1]?.linesSeen, 99_999);
});

test('a ratio to the floor is that of medians to its container; a ratio to ours says how many times as long a peer takes', () => {
  const text = report(
    results([
      sample('echo', 'floor', 1_050),
      sample('echo', 'ours', 1_100),
      sample('echo', 'ours', 1_300),
      sample('echo', 'kpo', 6_000),
    ]),
  );
  assert.equal(row(text, 'one echo', 'KubernetesPodOperator').at(-2), '6.00');
  assert.equal(row(text, 'one echo', 'KubernetesPodOperator').at(-1), '5.00');
  assert.equal(row(text, 'one echo', 'temporal-pods').at(-2), '1.20');
  assert.equal(row(text, 'one echo', 'temporal-pods')[3], '1.20 / 1.29');
});

test('the requests of the cluster itself are those of the floor, whose own two are known', () => {
  const asked = (subject: SubjectId, api: Sample['api'] & object) =>
    figuresOf([sample('echo', subject, 1_000, { api })])[0]!;
  const floor = asked('floor', { 'POST pods': 1, 'DELETE pods': 2, 'GET pods': 4 });
  const ours = asked('ours', { 'POST pods': 1, 'DELETE pods': 2, 'GET pods': 4, 'CONNECT pods/log': 1, 'LIST events': 1 }); // prettier-ignore
  assert.equal(requestsPerPod(ours, floor, 1), 4);
  assert.equal(requestsPerPod(ours, undefined, 1), undefined);
  const uncounted = figuresOf([sample('chain', 'ours', 1_000)])[0]!;
  assert.equal(requestsPerPod(uncounted, floor, 5), undefined);
});

test('what is to be reached is seen against the floor of the same run', () => {
  const text = report(
    results([
      sample('echo', 'floor', 1_000),
      sample('echo', 'ours', 1_100),
      sample('chain', 'ours', 5_250),
      sample('fan', 'floor', 5_050),
      sample('fan', 'ours', 5_600),
    ]),
  );
  const now = (name: string) => row(text, 'Reach', name).at(-1);
  assert.equal(now('echo, start → result, over the container floor'), '0.15');
  assert.equal(now('chain of 5, over five container floors'), '0.50');
  assert.equal(now('20 at once, over their floor'), '0.60');
  assert.equal(now('worker, idle, MiB'), '200');
  assert.equal(now('line latency, p50'), '-');
});

test('heartbeats are told by pod and hour', () => {
  assert.equal(perPodHour(50, 20, 75), 120);
  const waiting = { pods: 20, seconds: 75, heartbeats: 50, calls: 60, peak: 300 };
  const text = report(results([], { waiting }));
  assert.match(text, /120 heartbeats and 144 calls to Temporal a pod-hour/);
  assert.match(
    report(results([], { waiting: { ...waiting, heartbeats: undefined, calls: undefined } })),
    /tells no metrics/,
  );
});

test('of a peer that cannot be had, and of a sample that failed, the table says why', () => {
  const text = report(
    results([sample('echo', 'ours', 1_000, { error: 'Traceback\n  at line 1\nValueError: it broke' })], {
      missing: { 'Dagster Pipes': 'pip failed: no network' },
    }),
  );
  assert.match(text, /Dagster Pipes is not in the tables: pip failed: no network/);
  assert.match(text, /temporal-pods, one echo: 1 failed, one with: ValueError: it broke/);
});

test('a bar in a cell does not end it', () => {
  assert.equal(table(['a'], [['x|y']]), '| a |\n| --- |\n| x\\|y |');
});

test('the drawing has a dot for each sample and is well-formed with names that have markup in them', () => {
  const svg = plot(figuresOf([sample('echo', 'kpo', 1_000), sample('echo', 'kpo', 2_000)]), 'a < b & "c"');
  assert.equal(svg.match(/<circle /g)?.length, 2);
  assert.match(svg, /a &lt; b &amp; &quot;c&quot;/);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

test('an axis has at most eight steps of a round number', () => {
  assert.equal(stepOf(1.3), 0.2);
  assert.equal(stepOf(8), 1);
  assert.equal(stepOf(61), 10);
});
