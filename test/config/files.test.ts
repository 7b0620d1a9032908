import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { mustStore } from '../../src/config/files.ts';
import { Problem } from '../../src/common/problem.ts';

const problem = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Problem, String(error));
  assert.equal(error.exitCode, 2);
  assert.match(error.message, words);
  return true;
};

suite('the folder of the logs', () => {
  test('is made, tried out, and left as it was', async () => {
    const root = await mkdtemp(join(tmpdir(), 'log-dir-'));
    const folder = join(root, 'new', 'logs');
    await mustStore(folder);
    await mustStore(folder);
    assert.deepEqual(await readdir(folder), []);
    await rm(root, { recursive: true });
  });

  test('is open to nobody else where it is ours; one that the operator made is left as it is', async () => {
    const root = await mkdtemp(join(tmpdir(), 'log-dir-'));
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);
    const [made, theirs] = [join(root, 'new', 'logs'), join(root, 'theirs')];
    await mustStore(made);
    assert.deepEqual([await modeOf(join(root, 'new')), await modeOf(made)], ['700', '700']);
    await mkdir(theirs);
    await chmod(theirs, 0o2775);
    await mustStore(theirs);
    assert.equal(await modeOf(theirs), '2775');
    // An earlier version made it so.
    await chmod(made, 0o755);
    await mustStore(made, { ours: made });
    assert.equal(await modeOf(made), '700');
    await rm(root, { recursive: true });
  });

  test('that cannot be used keeps a worker from its start: variable, path and cause are named', async () => {
    const root = await mkdtemp(join(tmpdir(), 'log-dir-'));
    await writeFile(join(root, 'file'), '');
    await assert.rejects(mustStore('/proc/nosuch'), problem(/^TEMPORAL_PODS_LOG_DIR=\/proc\/nosuch: .*ENOENT/));
    await assert.rejects(mustStore(join(root, 'file')), problem(/^TEMPORAL_PODS_LOG_DIR=.*\/file: .*EEXIST/));
    // It is there, and takes no file.
    await assert.rejects(mustStore('/proc'), problem(/^TEMPORAL_PODS_LOG_DIR=\/proc: .*(ENOENT|EACCES|EROFS)/));
    await rm(root, { recursive: true });
  });

  test('that does not answer is not waited for', async () => {
    const hangs = () => new Promise<void>(() => undefined);
    await assert.rejects(mustStore('/logs', { limitMs: 10, tryOut: hangs }), problem(/did not answer within 0\.01 s/));
  });
});
