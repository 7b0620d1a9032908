import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { makeFolder } from '../../src/logs/folders.ts';
import { testFolder } from './support.ts';

test('a folder is made with those above it, also by several at once; one that is there is fine', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, 'd'))]);
  await makeFolder(path);
  assert.ok((await stat(join(path, 'd'))).isDirectory());
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
