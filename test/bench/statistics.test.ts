import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance, median, p95, quantile, shuffled } from '../../bench/statistics.ts';

test('the median of an even number of values lies between the two in the middle, whatever their order', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([10, 9, 100]), 10); // as numbers, not as text
});

test('a quantile lies between its two neighbours in proportion', () => {
  assert.equal(p95(Array.from({ length: 101 }, (_, n) => n)), 95);
  assert.equal(quantile([0, 10], 0.25), 2.5);
  assert.equal(quantile([7], 0.99), 7);
});

test('no values have no median', () => {
  assert.equal(median([]), undefined);
});

test('sorting for a median leaves the samples in their order', () => {
  const samples = [3, 1, 2];
  median(samples);
  assert.deepEqual(samples, [3, 1, 2]);
});

test('the same seed gives the same numbers, another one others, all from 0 to below 1', () => {
  const take = (seed: number) => Array.from({ length: 1_000 }, chance(seed));
  assert.deepEqual(take(7), take(7));
  assert.notDeepEqual(take(7), take(8));
  assert.ok(take(0).every((value) => value >= 0 && value < 1));
});

test('the numbers are spread evenly, also over neighbouring seeds', () => {
  const tenths = (values: readonly number[]) =>
    Array.from({ length: 10 }, (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth).length);
  const ofOne = Array.from({ length: 10_000 }, chance(1));
  const firsts = Array.from({ length: 10_000 }, (_, seed) => chance(seed)());
  for (const counts of [tenths(ofOne), tenths(firsts)])
    assert.ok(
      counts.every((count) => count > 850 && count < 1_150),
      String(counts),
    );
});

test('a shuffle keeps every item, and each gets to each place', () => {
  const random = chance(3);
  const places = [0, 0, 0, 0];
  for (let round = 0; round < 400; round++) {
    const order = shuffled(['a', 'b', 'c', 'd'], random);
    assert.deepEqual([...order].sort(), ['a', 'b', 'c', 'd']);
    places[order.indexOf('a')]! += 1;
  }
  assert.ok(
    places.every((count) => count > 60),
    String(places),
  );
});
