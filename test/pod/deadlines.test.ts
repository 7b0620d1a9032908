import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deadlines, nameOf } from '../../src/pod/deadlines.ts';

suite('deadlines', () => {
  test('by default: 15 minutes for a node, 15 to start, 24 hours in all, none for init containers and run', () => {
    const { said, ...limits } = deadlines({}, 1_000);
    assert.deepEqual(limits, {
      schedule: 1_000 + 900_000,
      total: 1_000 + 86_400_000,
      start: 900_000,
      imagePull: 180_000,
      nodeLost: 300_000,
      drain: 60_000,
      terminate: 60_000,
    });
    assert.equal(said.run, 'none');
  });

  test('a drain is never longer than a worker has to stop', () => {
    assert.equal(deadlines({ timeouts: { drain: '1h' } }, 0).drain, 60_000);
    assert.equal(deadlines({ timeouts: { drain: '1s' } }, 0).drain, 1_000);
  });

  test('a message names a deadline with its length, as it was written', () => {
    assert.equal(nameOf('run', deadlines({ timeouts: { run: '1.5h' } }, 0)), 'timeouts.run (1.5h)');
    assert.equal(nameOf('run', deadlines({ timeouts: { run: 2500 } }, 0)), 'timeouts.run (2.5s)');
    assert.equal(nameOf('start', deadlines({}, 0)), 'timeouts.start (15m)');
  });
});
