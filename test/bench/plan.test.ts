import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullCells, interleaved, quickCells, SUBJECTS, type Cell } from '../../bench/plan.ts';

const cells: Cell[] = [
  { workload: 'echo', subject: 'floor', samples: 3, warmUps: 1 },
  { workload: 'echo', subject: 'ours', samples: 3, warmUps: 1 },
  { workload: 'echo', subject: 'kpo', samples: 1, warmUps: 1 },
];

test('in each round every subject that has samples left has one turn, so none runs twice while another waits', () => {
  const steps = interleaved(cells, 1);
  const rounds = [steps.slice(0, 3), steps.slice(3, 6), steps.slice(6, 8), steps.slice(8, 10)];
  for (const [number, round] of rounds.entries()) {
    const subjects = round.map(({ subject }) => subject).sort();
    assert.deepEqual(subjects, number < 2 ? ['floor', 'kpo', 'ours'] : ['floor', 'ours']);
  }
  assert.equal(steps.length, 10);
});

test('the first rounds of a cell are its warm-ups, and as many as were asked for count', () => {
  const ours = interleaved(cells, 1).filter(({ subject }) => subject === 'ours');
  assert.deepEqual(
    ours.map(({ warmUp }) => warmUp),
    [true, false, false, false],
  );
});

test('the order differs from round to round, and the seed repeats it', () => {
  const all = fullCells(20);
  const first = interleaved(all, 5);
  assert.deepEqual(first, interleaved(all, 5));
  assert.notDeepEqual(first, interleaved(all, 6));
  const orders = Array.from({ length: 20 }, (_, round) =>
    first
      .slice(round * all.length, (round + 1) * all.length)
      .map(({ workload, subject }) => workload + subject)
      .join(),
  );
  assert.equal(new Set(orders).size, orders.length);
});

test('a sample starts at any part of the second in which a kubelet looks at its containers', () => {
  const delays = interleaved(fullCells(20), 5).map(({ delayMs }) => delayMs);
  const tenths = Array.from({ length: 10 }, (_, tenth) => delays.filter((ms) => Math.floor(ms / 100) === tenth).length);
  assert.ok(
    tenths.every((count) => count > delays.length / 20),
    String(tenths),
  );
});

test('of nothing there is no round', () => {
  assert.deepEqual(interleaved([], 1), []);
});

test('in full each subject runs each workload as often as the others; quick, each runs an echo', () => {
  const full = fullCells(20);
  assert.equal(full.length, 5 * Object.keys(SUBJECTS).length);
  assert.ok(full.every(({ samples }) => samples === 20));
  const echoes = quickCells(6).filter(({ workload }) => workload === 'echo');
  assert.deepEqual(echoes.map(({ subject }) => subject).sort(), Object.keys(SUBJECTS).sort());
});

test('what is quick lasts eight minutes at most, when each sample lasts as long as it did on a quiet machine', () => {
  // Seconds from the start until the pods are gone.
  const last = { echo: 2, chain: 6, fan: 6, lines: 12, flood: 3 };
  const more: Partial<Record<string, number>> = { kpo: 4, kpoTuned: 1, dagster: 9, dagsterTuned: 1 };
  // Half a second of delay, and two readings of the servers' metrics.
  const all = quickCells(6).map(
    ({ workload, subject, samples, warmUps }) => (samples + warmUps) * (last[workload] + (more[subject] ?? 0) + 1.1),
  );
  const seconds = all.reduce((sum, value) => sum + value, 0);
  assert.ok(seconds < 8 * 60, `${seconds} s`);
});

test('wherever ours runs, so does the floor, as often', () => {
  for (const all of [fullCells(20), quickCells(6)])
    for (const { workload, samples } of all.filter(({ subject }) => subject === 'ours'))
      assert.equal(all.find((cell) => cell.workload === workload && cell.subject === 'floor')?.samples, samples);
});
