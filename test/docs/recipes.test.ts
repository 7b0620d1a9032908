import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const page = read('docs/recipes.md');
const [top = '', ...recipes] = page.split(/^## /m);
const EXAMPLES = 'src/workflows/examples';

suite('docs/recipes.md', () => {
  for (const recipe of recipes) {
    const [title = ''] = recipe.split('\n', 1);
    test(`${title}: its code is that of the files it names, which are tested`, () => {
      const links = [...recipe.matchAll(/\]\(\.\.\/((?:src|test)\/[^)#]+)\)/g)].map(([, path = '']) => path);
      const files = links.filter((path) => path.startsWith(EXAMPLES));
      const tests = links.filter((path) => path.startsWith('test/'));
      const code = [...recipe.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block);
      assert.ok(code.length > 0 && tests.length > 0 && files.every((path) => existsSync(join(root, path))));
      const strange = code.filter((block) => !files.some((path) => read(path).includes(block)));
      assert.deepEqual(strange, []);
    });
  }

  test('has every example', () => {
    const files = readdirSync(join(root, EXAMPLES)).filter((file) => file !== 'index.ts');
    assert.deepEqual(
      files.filter((file) => !page.includes(`](../${EXAMPLES}/${file})`)),
      [],
    );
  });

  test('every word of the table leads to a recipe', () => {
    const targets = [...top.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    const anchors = recipes.map((recipe) => anchorOf(recipe.split('\n', 1)[0] ?? ''));
    assert.deepEqual(new Set(targets), new Set(anchors));
  });
});

/** As GitHub makes them. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
