import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { quantity } from '../../src/common/quantity.ts';

const ONE = 1_000_000_000n;

suite('a quantity', () => {
  for (const [text, value] of [
    ['0', 0n],
    ['1', ONE],
    ['+1', ONE],
    ['250m', ONE / 4n],
    ['1.5', (3n * ONE) / 2n],
    ['.5', ONE / 2n],
    ['5.', 5n * ONE],
    ['1k', 1000n * ONE],
    ['1Ki', 1024n * ONE],
    ['1.5Gi', 1_610_612_736n * ONE],
    ['1E', 10n ** 18n * ONE],
    ['1e3', 1000n * ONE],
    ['1E3', 1000n * ONE],
    ['1e12', 10n ** 12n * ONE],
    ['1e-3', ONE / 1000n],
    ['9007199254740993', 9_007_199_254_740_993n * ONE],
    ['1n', 1n],
    ['0.1n', 1n],
    [2, 2n * ONE],
    [1e21, 10n ** 21n * ONE],
  ] as const)
    test(`${text} is read exactly`, () => assert.equal(quantity(text), value));

  for (const text of [
    '',
    ' 1',
    '-1',
    '1 Gi',
    '1gi',
    '1KB',
    '1.2.3',
    '0x10',
    '1e',
    '1e3Ki',
    '.',
    'Gi',
    NaN,
    null,
    {},
    [1],
  ])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(quantity(text), undefined));

  test('more is never read as less', () => {
    const unit = fc.constantFrom('n', 'u', 'm', '', 'k', 'Ki', 'M', 'Mi', 'G', 'Gi', 'T', 'Ti');
    fc.assert(
      fc.property(fc.nat(), fc.nat(), unit, (a, b, suffix) => {
        const [first = 0n, second = 0n] = [quantity(`${a}${suffix}`), quantity(`${a + b}${suffix}`)];
        return first <= second && (b === 0 || first < second);
      }),
    );
  });
});
