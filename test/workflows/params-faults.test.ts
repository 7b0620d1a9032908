import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { paramsFaults } from '../../src/workflows/params.ts';

suite('of many faults in the parameters', () => {
  const params = z.object({ days: z.array(z.string()).default([]) });
  const unknown = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x${n}`, 1]));
  const told = (given: object) => paramsFaults(params, given).map(({ text }) => text);

  test('twenty are told', () => assert.equal(told(unknown(20)).length, 20));

  for (const [what, given] of Object.entries({
    'parameters that nobody knows': unknown(5_000),
    'values of the wrong kind': { days: Array.from({ length: 5_000 }, () => 1) },
  }))
    test(`${what}: and then only that there are more`, () => {
      const faults = told(given);
      assert.equal(faults.length, 21);
      assert.equal(faults.at(-1), 'and more: these are the first 20');
    });

  test('none is long', () => {
    const [fault] = paramsFaults(z.object({ a: z.string().refine(() => false, 'x'.repeat(5_000)) }), { a: '' });
    assert.ok(fault && fault.text.length < 1_100);
  });
});
