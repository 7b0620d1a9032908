import assert from 'node:assert/strict';
import test from 'node:test';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { encodeName, folderUri, logFolder, podFolders, makeFolder } from '../../src/logs/folders.ts';
import { testFolder } from './support.ts';

const key = { workflowId: 'nightly/2026 ü', runId: 'run-1', activityId: 'orders-1', uid: 'uid-1' };

test('the folder of a pod can be read by people and is never a path of its own making', () => {
  assert.equal(logFolder('/logs', key), '/logs/nightly%2F2026%20%C3%BC/run-1/orders-1/uid-1');
  assert.equal(logFolder('/logs', { ...key, workflowId: '..' }), '/logs/%2E./run-1/orders-1/uid-1');
});

test('every id has a name of its own that is one safe file name', () => {
  const id = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '.', '..', '/', '~', '%2F', 'a'.repeat(300), `${'a'.repeat(300)}b`),
  );
  fc.assert(
    fc.property(id, id, (one, other) => {
      assert.match(encodeName(one), /^[A-Za-z0-9_@=,+%~-][A-Za-z0-9._@=,+%~-]{0,199}$/);
      if (!Buffer.from(one).equals(Buffer.from(other))) assert.notEqual(encodeName(one), encodeName(other));
    }),
  );
});

test('a folder as a URL leads back to it', () => {
  const folder = logFolder('/logs', key);
  assert.equal(fileURLToPath(folderUri(folder)), folder);
});

test('the pods of a run are found again', async () => {
  await using root = await testFolder();
  const other = { ...key, activityId: 'über-2', uid: 'uid-2' };
  assert.deepEqual(await podFolders(root.path, key), []);
  for (const pod of [other, key]) await mkdir(logFolder(root.path, pod), { recursive: true });
  assert.deepEqual(await podFolders(root.path, key), [
    { activityId: 'über-2', uid: 'uid-2', folder: join(root.path, 'nightly%2F2026%20%C3%BC/run-1/%C3%BCber-2/uid-2') },
    { activityId: 'orders-1', uid: 'uid-1', folder: join(root.path, 'nightly%2F2026%20%C3%BC/run-1/orders-1/uid-1') },
  ]);
  assert.deepEqual(await podFolders(root.path, { ...key, runId: 'run-2' }), []);
});

test('a folder is made with those above it, also by several at once; one that is there is fine', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, 'd'))]);
  await makeFolder(path);
  assert.ok((await stat(join(path, 'd'))).isDirectory());
});

test('a folder that is made is open to nobody else, whatever the umask; those that were there are left alone', async () => {
  await using folder = await testFolder();
  await chmod(folder.path, 0o755);
  const umask = process.umask(0);
  await makeFolder(join(folder.path, 'a', 'b'));
  process.umask(umask);
  const modes = await Promise.all(
    ['.', 'a', 'a/b'].map(async (name) => (await stat(join(folder.path, name))).mode & 0o777),
  );
  assert.deepEqual(modes, [0o755, 0o700, 0o700]);
});

test('where none can be made, it says so and ends', async () => {
  // Node's own mkdir with `recursive` never ends here.
  await assert.rejects(makeFolder('/proc/nosuch'), { code: 'ENOENT' });
  await assert.rejects(makeFolder('/proc/nosuch/run/pod'), { code: 'ENOENT' });
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'file'), '');
  await assert.rejects(makeFolder(join(folder.path, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(folder.path, 'file', 'x')), { code: 'ENOTDIR' });
});
