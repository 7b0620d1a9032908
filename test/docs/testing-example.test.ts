/** The tests of docs/testing.md, as they stand there; testing.test.ts compares the two. */
// <example>
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, simulator } from '../../src/testing/library.ts';
import { skipTask } from '../../src/workflows/library.ts';
import { nightly } from './testing-dags.ts';

const simulate = simulator({ workflows: new URL('./testing-dags.ts', import.meta.url) });
await simulate.load();
const orders = { 'orders-eu': { output: [1, 2] }, 'orders-us': { output: [4] } };

test('the amounts of all regions are summed up', async () => {
  const run = await simulate(nightly, { day: '2026-11-28' }, { ...orders, total: { output: 7 } });
  assert.equal(run.result, 7);
  assert.deepEqual(run.pods['orders-us'][0]?.spec.args, ['us', '2026-11-28']);
  assert.deepEqual(run.pods.total[0]?.spec.args, ['1', '2', '4']);
});

test('a sum that was killed for memory gets twice as much, after ten minutes', async () => {
  const run = await simulate(nightly, {}, { ...orders, total: [fails('OOMKilled'), { output: 7 }] });
  const [first, second] = run.pods.total;
  assert.deepEqual(
    [first?.spec.resources, second?.spec.resources],
    [{ limits: { memory: '1Gi' } }, { limits: { memory: '2Gi' } }],
  );
  assert.equal(second!.startedAt.getTime() - first!.endedAt!.getTime(), 600_000);
});

test('without the orders of a region nothing is summed up', async () => {
  const run = await simulate(nightly, {}, { ...orders, 'orders-us': fails('ContainerFailed', { exitCode: 3 }) });
  assert.match(run.failure?.message ?? '', /orders-us: .* exit code 3/);
  assert.deepEqual(run.states, { 'orders-eu': 'done', 'orders-us': 'failed', total: 'upstream' });
});

test('somebody may decide to go on without them', async () => {
  const standIns = { 'orders-eu': { output: [1] }, 'orders-us': fails('DeadlineExceeded'), total: { output: 1 } };
  const run = await simulate(nightly, {}, standIns, {
    async during(run) {
      await run.until('orders-us', 'held');
      await run.sleep('5h');
      await run.update(skipTask, 'orders-us', { value: { output: [] } });
    },
  });
  assert.deepEqual(run.pods.total[0]?.spec.args, ['1']);
});
// </example>
