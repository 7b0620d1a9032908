/** The installed name of a checkout; that of the package is in package.real.ts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call } from '../client/call.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env: { ...process.env, ...env } }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

suite('temporal-pods, installed', { timeout: 60_000 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'installed-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('by a link to a checkout, as npm link makes it', async () => {
    const link = join(folder, 'temporal-pods');
    await symlink(join(root, 'bin', 'temporal-pods.js'), link);
    const { code, out, err } = await run(link, ['workflows', '-o', 'name']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^hello$/m);
  });

  test('it is called by its name', async () => {
    const { out } = await run(join(root, 'bin', 'temporal-pods.js'), ['run', '--help']);
    assert.match(out, /^Usage: temporal-pods run /m);
  });

  test('its exit code is the client’s', async () => {
    assert.equal((await run(join(root, 'bin', 'temporal-pods.js'), ['run', 'hallo'])).code, 2);
  });

  test('a module that is not there, cannot be loaded, or takes one of our names is told with the variable', async () => {
    const refused = async (name: string, content?: string) => {
      const path = join(folder, name);
      if (content !== undefined) await writeFile(path, content);
      const { code, err } = await call(['workflows'], { TEMPORAL_PODS_WORKFLOWS: path });
      assert.equal(code, 2, err);
      return err.replace(path, 'PATH');
    };
    assert.match(await refused('none.ts'), /TEMPORAL_PODS_WORKFLOWS=PATH: there is no such file/);
    assert.match(await refused('broken.ts', 'export const = 1;'), /TEMPORAL_PODS_WORKFLOWS=PATH: cannot be loaded: /);
    assert.match(
      await refused('taken.ts', 'export const pod = async () => 1;'),
      /TEMPORAL_PODS_WORKFLOWS=PATH: exports a workflow 'pod', which every worker has of its own/,
    );
  });
});
