import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readSpecChange } from '../../../src/client/params/workflow-arguments.ts';

suite('what is to be changed in a spec', () => {
  test('single keys go on top of a whole; what is text stays text', () => {
    const whole = '{"resources": {"limits": {"memory": "1Gi", "cpu": "1"}}, "retries": 1}';
    assert.deepEqual(readSpecChange([whole, 'resources.limits.memory=4Gi', 'env.LEVEL=3', 'retries=2', 'args=["x"]']), {
      resources: { limits: { memory: '4Gi', cpu: '1' } },
      retries: 2,
      env: { LEVEL: '3' },
      args: ['x'],
    });
  });

  test('null takes a field away', () => {
    assert.deepEqual(readSpecChange(['{"env": {"A": null}}', 'command=null']), { env: { A: null }, command: null });
  });

  test('a cpu is text too', () => {
    assert.deepEqual(readSpecChange(['resources.requests.cpu=2']), { resources: { requests: { cpu: '2' } } });
  });
});
