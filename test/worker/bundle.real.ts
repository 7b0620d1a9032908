/** The bundle of a worker, made for real, by a process of its own. Needs no server, but seconds. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { workerBundle } from '../../src/worker/bundle.ts';

let root: string;
before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'bundle-')));
});
after(() => rm(root, { recursive: true }));

async function project(files: Record<string, string>) {
  const folder = await mkdtemp(join(root, 'project-'));
  const cache = await mkdtemp(join(root, 'cache-'));
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    // A file that is written while a bundle is made is none that can be relied on.
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const module = { path: join(folder, 'index.ts'), from: 'TEMPORAL_PODS_WORKFLOWS=index.ts' };
  return { write, cache, folder, bundle: (folder: string | undefined = cache) => workerBundle(module, {}, folder) };
}

const DAY = {
  'index.ts': "import { day } from './day.ts';\nexport const nightly = async (): Promise<string> => day;\n",
};

suite('the bundle of a worker', { concurrency: 1 }, () => {
  test('is made once, and again when a file that it imports has changed', async () => {
    const { write, bundle } = await project({ ...DAY, 'day.ts': "export const day = 'monday';\n" });
    const first = await bundle();
    assert.match(first.code, /monday/);
    // The folder of its entry has a new name each time: made again, it would not be the same.
    assert.equal((await bundle()).code, first.code);
    await write('day.ts', "export const day = 'tuesday';\n");
    const changed = await bundle();
    assert.match(changed.code, /tuesday/);
    assert.doesNotMatch(changed.code, /monday/);
  });

  test('is made without a folder to keep it in', async () => {
    const { bundle } = await project({ ...DAY, 'day.ts': "export const day = 'monday';\n" });
    assert.match((await bundle('/proc/no-such')).code, /monday/);
  });

  test('of a module that cannot be bundled is told in words, each time, and a mended one is taken', async () => {
    const { write, bundle } = await project({ ...DAY, 'day.ts': "import 'node:fs';\nexport const day = 'monday';\n" });
    for (let times = 0; times < 2; times++)
      await assert.rejects(bundle(), {
        name: 'Problem',
        exitCode: 2,
        message: /^TEMPORAL_PODS_WORKFLOWS=index\.ts: cannot be bundled [\s\S]*'node:fs' is imported by .*day\.ts/,
      });
    await write('day.ts', "export const day = 'friday';\n");
    assert.match((await bundle()).code, /friday/);
  });

  test('of a project with an SDK of its own is refused, with both paths', async () => {
    const { write, folder, bundle } = await project({ 'index.ts': '' });
    const sdk = 'node_modules/@temporalio/workflow';
    await mkdir(join(folder, sdk), { recursive: true });
    await write(
      `${sdk}/package.json`,
      JSON.stringify({ name: '@temporalio/workflow', version: '1.0.0', main: 'index.js' }),
    );
    await write(`${sdk}/index.js`, 'exports.sleep = () => undefined;\n');
    await write(
      'index.ts',
      "import { sleep } from '@temporalio/workflow';\nexport const nightly = async () => sleep(1);\n",
    );
    await assert.rejects(bundle(), (error: Error) => {
      assert.match(error.message, /there are 2 copies of @temporalio\/workflow:/);
      assert.ok(error.message.includes(`1.0.0 in ${join(folder, sdk)}`), error.message);
      return true;
    });
  });
});
