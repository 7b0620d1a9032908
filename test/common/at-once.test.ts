import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce, mapAtOnce } from '../../src/common/at-once.ts';

test('work for many is done for all of them, so many at once, and tells the first failure at the end', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (item === 2 || item === 3) throw new Error(`not ${item}`);
    done.push(item);
  };
  await assert.rejects(atOnce(2, [1, 2, 3, 4, 5], work), /not 2/);
  assert.deepEqual([done, most], [[1, 4, 5], 2]);
  await atOnce(2, [], work);
});

test('what comes of many is in their order, and after a failure no other is begun', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    for (let turn = 0; turn < (item === 1 ? 3 : 1); turn++) await new Promise((resolve) => setImmediate(resolve));
    if (item === 3) throw new Error('not 3');
    return item * 10;
  };
  assert.deepEqual(await mapAtOnce(2, [1, 2], work), [10, 20]);
  begun.length = 0;
  await assert.rejects(mapAtOnce(2, [1, 2, 3, 4, 5], work), /not 3/);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, [1, 2, 3]);
});
