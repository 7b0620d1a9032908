import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionsOf } from '../../bench/options.ts';

const of = (...args: string[]) => optionsOf(args, '2026-11-28')!;

test('without options, everything real runs 20 times, and nothing at scale', () => {
  const options = of();
  assert.ok(options.cells.every(({ samples }) => samples === 20));
  assert.equal(options.waits, true);
  assert.equal(options.scalePods, 0);
  assert.match(options.out, /results\/2026-11-28$/);
});

test('what is named is what runs', () => {
  const options = of(
    '--quick',
    '--workloads',
    'echo, fan',
    '--subjects',
    'floor,ours',
    '--samples',
    '2',
    '--seed',
    '0',
  );
  assert.equal(options.cells.length, 4);
  assert.equal(options.waits, false);
  assert.equal(options.seed, 0);
});

test('scale comes on top, or alone', () => {
  assert.equal(of('--scale').scalePods, 1_000);
  assert.ok(of('--scale').cells.length > 0);
  const alone = of('--scale-only', '--scale-pods', '20');
  assert.deepEqual([alone.scalePods, alone.cells.length, alone.waits], [20, 0, false]);
});

test('a name that does not exist, and a number that is none, are refused before anything starts', () => {
  assert.throws(() => of('--subjects', 'airflow'), /there is no airflow, but floor, ours/);
  assert.throws(() => of('--samples', '0'), /--samples takes a whole number from 1 on/);
  assert.throws(() => of('--seed', 'x'), /--seed takes/);
  assert.throws(() => of('--fast'));
});

test('help is no run', () => {
  assert.equal(optionsOf(['--help'], ''), undefined);
});
