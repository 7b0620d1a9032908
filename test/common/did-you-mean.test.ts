import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { didYouMean } from '../../src/common/did-you-mean.ts';

suite('what was meant', () => {
  test('is the nearest candidate: one letter more, less or another, two swapped', () => {
    const words = ['command', 'comment', 'image'];
    for (const typed of ['commandd', 'comand', 'conmand', 'commadn', 'COMMAND'])
      assert.equal(didYouMean(typed, words), 'command');
  });

  test('is nothing when all are too far', () => assert.equal(didYouMean('volumes', ['command', 'image']), undefined));

  test('is not asked about a text that is longer than any name', () => {
    const name = 'k'.repeat(64);
    assert.equal(didYouMean(`${name.slice(1)}x`, [name]), name);
    assert.equal(didYouMean(`${name}x`, [name]), undefined);
    assert.equal(didYouMean(name, [`${name}x`]), undefined);
  });

  test('is looked for among the first thousand only', () => {
    const far = Array.from({ length: 999 }, () => 'far away');
    assert.equal(didYouMean('image', [...far, 'imag']), 'imag');
    assert.equal(didYouMean('image', [...far, 'far away', 'imag']), undefined);
  });
});
