import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { nightly } from './tutorial-example.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../docs/tutorial.md');

suite('docs/tutorial.md', () => {
  test('its DAG is the one that is type-checked, as it is written in src/workflows', () => {
    const example = /\/\/ <example>\n([\s\S]*)\/\/ <\/example>/.exec(read('tutorial-example.ts'))?.[1];
    assert.ok(example && page.includes(example.replaceAll("'../../src/workflows/", "'./")));
  });

  test('the parameters that it types are those of the DAG', () => {
    const typed = [...page.matchAll(/(?:start|run) nightly (\w+)=/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(typed)], Object.keys(nightly.params.shape));
  });
});
