import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../docs/testing.md');

/** As it stands in a project of one's own. */
const inAProject = (code: string) =>
  code
    .replaceAll("'../../src/workflows/library.ts'", "'temporal-pods/workflows'")
    .replaceAll("'../../src/testing/library.ts'", "'temporal-pods/testing'")
    .replaceAll("'./testing-dags.ts'", "'../dags/index.ts'");

suite('docs/testing.md', () => {
  for (const file of ['testing-dags.ts', 'testing-example.test.ts'])
    test(`its code is that of ${file}, which is run`, () => {
      const example = /\/\/ <example>\n([\s\S]*)\/\/ <\/example>/.exec(read(file))?.[1];
      assert.ok(example && page.includes(inAProject(example)));
    });
});
