import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, workOf } from '../../bench/workloads.ts';

test('a line of the workload is found behind whatever a client prints before it, and nothing else is', () => {
  assert.deepEqual(lineOf('[base] bench 12 1795871502347.250'), { number: 12, printed: 1795871502347.25 });
  assert.deepEqual(lineOf('pod-0 | bench 0 5'), { number: 0, printed: 5 });
  assert.equal(lineOf('Found matching pod with labels dag_id: bench'), undefined);
  assert.equal(lineOf('workbench 1 2'), undefined);
});

test('each workload says how many pods and lines it has', () => {
  const images = { shell: 'shell', python: 'python' };
  const shape = (name: Parameters<typeof workOf>[0]) => {
    const { pods, atOnce, lines } = workOf(name, images);
    return [pods, atOnce, lines];
  };
  assert.deepEqual(shape('echo'), [1, false, 0]);
  assert.deepEqual(shape('chain'), [5, false, 0]);
  assert.deepEqual(shape('fan'), [20, true, 0]);
  assert.deepEqual(shape('lines'), [1, false, 10]);
  assert.deepEqual(shape('flood'), [1, false, 100_000]);
});
