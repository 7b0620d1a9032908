import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce } from '../../src/common/at-once.ts';

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
