import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CALLBACK_NAMES } from '../../src/contract/index.ts';
import { loadCallbacks } from '../../src/config/callbacks.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

suite('docs/callbacks.md', () => {
  const page = read('../../docs/callbacks.md');

  test('its example is the one that is type-checked, and a worker takes it', async () => {
    const example = /\/\/ <example>\n([\s\S]*)\/\/ <\/example>/.exec(read('callbacks-example.ts'))?.[1];
    assert.ok(example && page.includes(example));
    const registry = await loadCallbacks(fileURLToPath(new URL('callbacks-example.ts', import.meta.url)));
    assert.deepEqual(Object.keys(registry), ['costs', 'notify', 'progress']);
  });

  test('tells of every callback', () => {
    const rows = [...page.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(rows, [...CALLBACK_NAMES]);
  });
});
