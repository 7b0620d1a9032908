/** A module that a worker cannot take: where it is, why, and what to do instead. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { refusedImport, twoSdks } from '../../src/worker/why-not.ts';
import { loadWorkflows } from '../../src/worker/workflows.ts';

let root: string;
before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'why-not-')));
});
after(() => rm(root, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

suite('a module that does not load', () => {
  const rows: [what: string, text: string, says: (path: string) => string][] = [
    ['cannot be read', '\nexport async function nightly() {', (path) => `Expected '}', got '<eof>' (${path}:2)`],
    ['throws', '\nexport const a = boom();', (path) => `boom is not defined (${path}:2)`],
    [
      'imports a package that is not there',
      "import 'no-such-package';",
      (path) =>
        `Cannot find package 'no-such-package' imported from ${path}\n` +
        '  a package has to be installed, and in the dependencies of the package.json beside it',
    ],
    [
      'imports a file without its ending',
      "import './day';",
      (path) =>
        `Cannot find module '${join(path, '../day')}' imported from ${path}\n` +
        '  an import names its file with the ending that it has: ./day.ts',
    ],
    [
      'has more than types',
      'export enum Mode { full }',
      (path) =>
        `TypeScript enum is not supported in strip-only mode (${path}:1)\n` +
        '  Node runs TypeScript by taking its types away: enum, namespace and parameter properties are more than types ' +
        '(`erasableSyntaxOnly` in tsconfig.json finds them)',
    ],
  ];
  for (const [what, text, says] of rows)
    test(`since it ${what}: says where, and what to do`, async () => {
      const path = await write(`${what.replaceAll(' ', '-')}.ts`, text);
      await assert.rejects(loadWorkflows({ path, from: 'X' }), {
        name: 'Problem',
        exitCode: 2,
        message: `X: cannot be loaded: ${says(path)}`,
      });
    });
});

suite('an import that the sandbox does not have', () => {
  test('is told with its line, and what to do instead', async () => {
    const path = await write('reads.ts', "import { dag } from 'x';\nimport { readFile } from 'node:fs/promises';\n");
    assert.equal(
      refusedImport('node:fs/promises', path),
      `'node:fs/promises' is imported by ${path}:2\n` +
        '    instead: a pod reads the file, or the run is given its text: `run <workflow> <parameter>=@<file>`',
    );
  });

  test('is told also when there is nothing to do instead, or the file cannot be read', () =>
    assert.equal(refusedImport('node:vm', '/no/such'), "'node:vm' is imported by /no/such"));
});

test('two SDKs are told with their versions and paths; copies of the same one are none to tell', async () => {
  const copy = (folder: string, version: string) =>
    write(`${folder}/node_modules/@temporalio/workflow/package.json`, JSON.stringify({ version }));
  const [one, two] = [await copy('a', '1.24.0'), await copy('a/node_modules/temporal-pods', '1.23.0')];
  const same = await copy('b', '1.24.0');
  assert.equal(twoSdks([one, one, same, join(root, 'c/@temporalio/workflow/package.json')]), undefined);
  assert.equal(
    twoSdks([one, two]),
    `there are 2 copies of @temporalio/workflow:\n  1.24.0 in ${join(one, '..')}\n  1.23.0 in ${join(two, '..')}\n` +
      '  workflow code and temporal-pods need the same one: let package.json name one version of @temporalio/*, ' +
      'then `npm dedupe`',
  );
});
