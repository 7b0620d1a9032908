import assert from 'node:assert/strict';
import { test } from 'node:test';
import { existsSync } from 'node:fs';
import { occurrences } from '../support/changed-copy.ts';
import { MUTANTS } from './list.ts';

test('each mutant has its place in the source, once, and tests that are there', () => {
  for (const { file, from, to, tests } of MUTANTS) {
    assert.equal(occurrences(`src/${file}.ts`, from), 1, `${file}: ${from}`);
    assert.notEqual(from, to);
    assert.ok(tests.length > 0);
    for (const name of tests) assert.ok(existsSync(`test/${name}.test.ts`), name);
  }
});
