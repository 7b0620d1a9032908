import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node';
import { fromMessage } from '../../../src/activities/result/from-message.ts';

const ended = (
  message: string | undefined,
  { exitCode = 0, policy, others = 0 }: { exitCode?: number; policy?: string; others?: number } = {},
): V1Pod => {
  const terminated = { exitCode, ...(message !== undefined && { message }) } as V1ContainerStateTerminated;
  const status = { name: 'base', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } };
  return {
    spec: {
      containers: [{ name: 'base', ...(policy && { terminationMessagePolicy: policy }) }],
      initContainers: Array.from({ length: others }, (_, index) => ({ name: `other-${index}` })),
    },
    status: { containerStatuses: [status] },
  };
};
const kindOf = (pod: V1Pod) => {
  const found = fromMessage(pod, 'base');
  return found.found === 'trouble' ? found.kind : found.found;
};

suite('a termination message as a result', () => {
  test('is its text', () => {
    assert.deepEqual(fromMessage(ended('{"a":1}\n'), 'base'), { found: 'text', text: '{"a":1}\n' });
  });

  test('empty, blank or absent: it left none', () => {
    for (const message of [undefined, '', ' \n']) assert.equal(kindOf(ended(message)), 'nothing');
  });

  test('cut by Kubernetes at 4096 bytes: too large, and the other ways are named', () => {
    const found = fromMessage(ended(`${'x'.repeat(4095)}"`), 'base');
    assert.ok(found.found === 'trouble' && found.kind === 'ResultTooLarge');
    assert.match(found.message, /keeps 4096 bytes.*'log' or 'file'/);
  });

  test('of just 4096 bytes that is whole is no cut one', () => {
    assert.equal(kindOf(ended(JSON.stringify('x'.repeat(4094)))), 'text');
  });

  test('a number of just 4096 digits is no number: it may have lost its first ones', () => {
    assert.equal(kindOf(ended('9'.repeat(4096))), 'ResultTooLarge');
    assert.equal(fromMessage(ended(`${'9'.repeat(4095)}\n`), 'base', false).found, 'trouble');
    assert.equal(kindOf(ended(`[1]${' '.repeat(4093)}`)), 'text');
  });

  test('where nobody asked for a result, a text is none, however long it is', () => {
    const texts = [
      `[2026-11-25] ${'x'.repeat(4083)}`,
      'é'.repeat(2048),
      'he said "no"'.padStart(4096, 'x '),
      '1,2\n'.repeat(1024),
    ];
    const whole = ['the answer is 42', 'NaN', '{"a":', "{'a':1}", '"', ...texts];
    for (const message of whole) assert.equal(fromMessage(ended(message), 'base', false).found, 'nothing', message);
    assert.equal(fromMessage(ended('{"a":1}'), 'base', false).found, 'text');
  });

  test('where none was asked for, a message that is all but JSON is told: it was meant as a result', () => {
    for (const message of ['{"loss": NaN}', "{'a': 1}", '[1, 2,]\n', '{"a": 1}}']) {
      const found = fromMessage(ended(message), 'base', false);
      assert.ok(found.found === 'nothing' && found.problem, message);
      assert.match(found.problem, /looks like JSON, but is none, so it is no result: /);
    }
    for (const message of ['done', '[2026-11-25] done', '42 rows', '{', 'f{}'])
      assert.equal((fromMessage(ended(message), 'base', false) as { problem?: string }).problem, undefined, message);
  });

  test('but what is left of JSON, cut anywhere, is one that is too large, also where nobody asked', () => {
    const json = JSON.stringify({
      text: 'a "quoted" é',
      list: [1, -2.5e3, true, false, null, { deep: [] }],
      empty: {},
    });
    for (let at = 1; at < json.length - 1; at++) {
      const cut = json.slice(at).padEnd(4096, ' ');
      assert.equal(fromMessage(ended(cut), 'base', false).found, 'trouble', cut.trim());
    }
  });

  test('a pod of many containers is cut sooner', () => {
    assert.equal(kindOf(ended(`${'x'.repeat(1023)}"`, { others: 11 })), 'ResultTooLarge');
    assert.equal(kindOf(ended(`${'x'.repeat(1023)}"`, { others: 1 })), 'text');
  });

  test('with FallbackToLogsOnError nothing changes for exit code 0, and another code has no result: it may be the log', () => {
    const policy = 'FallbackToLogsOnError';
    assert.equal(kindOf(ended('1', { policy })), 'text');
    assert.equal(kindOf(ended('1', { policy, exitCode: 3 })), 'nothing');
    assert.equal(kindOf(ended('1', { exitCode: 3 })), 'text');
  });
});
