import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readYaml, writtenAs } from '../../src/common/yaml.ts';
import { cpuOf } from '../support/cpu.ts';

const lines = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n');

suite('a YAML text', () => {
  test('of many keys costs what its length says: eight times the keys are no sixty-four times the work', () => {
    const keys = (count: number) => lines(count, (n) => `k${n}: 1`);
    const [few, many] = [keys(4_000), keys(32_000)];
    assert.ok(cpuOf(() => readYaml(many)) < 25 * cpuOf(() => readYaml(few)));
  });

  test('with more aliases than anyone writes is refused: each is looked up among all of them', () => {
    assert.throws(() => readYaml(lines(1_001, (n) => `a${n}: &a${n} 1\nb${n}: *a${n}`)), /more than 1000 aliases/);
  });

  for (const [what, text] of [
    ['twice', 'a: 1\nb: 2\na: 3\n'],
    ['as text and as a number', '1: x\n"1": y\n'],
    ['inside of a list', '- {a: 1, a: 2}\n'],
  ] as const)
    test(`has no key ${what}`, () =>
      assert.throws(() => readYaml(text), /Map keys must be unique at line \d, column \d/));

  test('may merge several maps', () => {
    const text = 'x: &x {a: 1}\ny: &y {b: 2}\nz:\n  <<: *x\n  <<: *y\n  c: 3\n';
    assert.deepEqual(readYaml(text), { x: { a: 1 }, y: { b: 2 }, z: { a: 1, b: 2, c: 3 } });
  });

  test('tells how a value without quotes was written, where the value does not', () => {
    const value = readYaml('env: {V: 1.10, W: 0644, X: TRUE, Y: "1.10", Z: 7}\nargs: [1.0, 2]\n') as {
      env: object;
      args: unknown[];
    };
    const { env, args } = value;
    assert.deepEqual(
      ['V', 'W', 'X', 'Y', 'Z'].map((name) => writtenAs(env, name)),
      ['1.10', '0644', 'TRUE', undefined, undefined],
    );
    assert.deepEqual([writtenAs(args, 0), writtenAs(args, 1)], ['1.0', undefined]);
    assert.equal(writtenAs({ V: 1.1 }, 'V'), undefined);
  });
});
