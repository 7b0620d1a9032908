import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { specFaults } from '../../src/spec/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((page) => `docs/${page}`),
];

suite('the docs', () => {
  for (const page of pages.filter((name) => name.endsWith('.md')))
    test(`${page}: every link to a file leads somewhere`, () => {
      const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)].map(([, to = '']) => to);
      const broken = links.filter((to) => !existsSync(join(root, dirname(page), to)));
      assert.deepEqual(broken, []);
    });
});

/** `[part of a test's name](../test/file.ts)` of which there is none. */
function missingTests(row: string): string[] {
  const tests = [...row.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)];
  if (tests.length === 0) return [`no test: ${row}`];
  return tests.flatMap(([, name = '', file = '']) =>
    existsSync(join(root, file)) && read(file).includes(name) ? [] : [`no test "${name}" in ${file}`],
  );
}

suite('docs/security.md', () => {
  test('every line of what is tried points at a test that is there', () => {
    const tables = read('docs/security.md')
      .split(/^## /m)
      .filter((text) => text.includes('| shown by'));
    const rows = tables.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .slice(2),
    );
    assert.ok(rows.length >= 30);
    assert.deepEqual(rows.flatMap(missingTests), []);
  });
});

suite('docs/from-airflow.md', () => {
  const page = read('docs/from-airflow.md');
  const rows = page.split('\n').filter((line) => /^\| +(\d+|–) +\|/.test(line));

  test('has one row for each of the 73 parameters', () => {
    const numbers = rows.map((row) => Number(row.split('|')[1])).filter(Boolean);
    assert.deepEqual(
      numbers,
      Array.from({ length: 73 }, (_, index) => index + 1),
    );
  });

  test('every row points at a test that is there', () => {
    assert.deepEqual(rows.flatMap(missingTests), []);
  });

  test('each of them that is written in a spec is told what it is here', () => {
    const names = rows.filter((row) => /^\| +\d/.test(row)).map((row) => /`(\w+)`/.exec(row)?.[1] ?? '');
    const untold = names.filter((name) => {
      const [fault = ''] = specFaults({ image: 'x', [name]: 'x' }).filter((line) => line.startsWith(`${name}: is not`));
      return fault !== '' && !/; (here it is|it goes into|it is the main container's)/.test(fault);
    });
    assert.deepEqual(untold, []);
  });

  test('its example is the one that is type-checked', () => {
    const example = /\/\/ <example>\n([\s\S]*)\/\/ <\/example>/.exec(read('test/docs/nightly-example.ts'))?.[1];
    assert.ok(example && page.includes(example));
  });
});
