import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { BEGINS, clientReference } from './client-reference.ts';

suite('docs/client.md', () => {
  const page = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8');
  const [text = '', reference = ''] = page.split(BEGINS);

  test('shows the help of every command as it is; `npm run docs` writes it', async () => {
    assert.equal(reference.trim(), (await clientReference()).trim());
  });

  test('its table names every command', () => {
    const names = [...reference.matchAll(/^### (\w+(?:-\w+)*)/gm)].map(([, name]) => name);
    assert.ok(names.length > 15);
    assert.deepEqual(
      [...new Set(names)].filter((name) => !text.includes(`\`${name}`)),
      [],
    );
  });
});
