/** A kept bundle is code that a worker runs: only one that is whole, ours, and made of what is there now. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { cacheFolder } from '../../src/config/cache-folder.ts';
import { bundleName, keepBundle, keptBundle, sourcesOf } from '../../src/worker/bundle-cache.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundles-'));
});
after(() => rm(root, { recursive: true }));

const NAME = bundleName('test');
const CODE = 'one line\nand another\n';

/** A folder with a bundle that was made of `a.ts`, and would have been of `b.ts`, if there were one. */
async function kept() {
  const folder = await mkdtemp(join(root, 'own-'));
  const at = (name: string) => join(folder, name);
  await writeFile(at('a.ts'), 'a');
  const sources = await sourcesOf([at('a.ts'), folder], [at('b.ts')], Date.now() + 1_000);
  assert.ok(sources);
  await keepBundle(folder, NAME, CODE, sources);
  return { folder, at, bundle: at(`${NAME}.bundle`) };
}

suite('a kept bundle', () => {
  test('is taken while all that it was made of is what it was', async () => {
    const { folder } = await kept();
    assert.equal(await keptBundle(folder, NAME), CODE);
    assert.equal(await keptBundle(folder, bundleName('another')), undefined);
  });

  const changes: [law: string, change: (it: Awaited<ReturnType<typeof kept>>) => Promise<unknown>][] = [
    ['a file of it has changed', ({ at }) => writeFile(at('a.ts'), 'b')],
    ['a file of it is gone', ({ at }) => rm(at('a.ts'))],
    ['there is a file now that would be taken instead', ({ at }) => writeFile(at('b.ts'), '')],
    ['it is cut', async ({ bundle }) => writeFile(bundle, (await readFile(bundle)).subarray(0, -1))],
    [
      'its code was changed',
      async ({ bundle }) => writeFile(bundle, (await readFile(bundle, 'utf8')).replace('another', 'foreign')),
    ],
    ['it is something else', ({ bundle }) => writeFile(bundle, '{}\nforeign')],
    ['others may write it', ({ bundle }) => chmod(bundle, 0o620)],
    [
      'it is a link to somewhere else',
      async ({ at, bundle }) => {
        await rename(bundle, at('elsewhere'));
        await symlink(at('elsewhere'), bundle);
      },
    ],
  ];
  for (const [law, change] of changes)
    test(`is not taken when ${law}`, async () => {
      const it = await kept();
      await change(it);
      assert.equal(await keptBundle(it.folder, NAME), undefined);
    });

  test('is not kept when a file was written while it was made', async () => {
    const { at } = await kept();
    const startedAt = Date.now();
    await utimes(at('a.ts'), new Date(), new Date(startedAt + 5));
    assert.equal(await sourcesOf([at('a.ts')], [], startedAt), undefined);
  });

  test('is for its owner alone', async () => {
    const { bundle } = await kept();
    assert.equal((await stat(bundle)).mode & 0o777, 0o600);
  });

  test('that cannot be kept is no failure', async () => {
    await keepBundle(join(root, 'no-such'), NAME, CODE, { files: {}, missing: [] });
    await keepBundle('/proc/1', NAME, CODE, { files: {}, missing: [] });
  });

  test('goes when there are newer ones enough', async () => {
    const { folder } = await kept();
    const old = new Date(0);
    await utimes(join(folder, `${NAME}.bundle`), old, old);
    for (let n = 0; n < 16; n++) await keepBundle(folder, bundleName(String(n)), CODE, { files: {}, missing: [] });
    assert.equal(await keptBundle(folder, NAME), undefined);
    assert.equal(await keptBundle(folder, bundleName('15')), CODE);
  });
});

suite('the folder of what can be made again', () => {
  test('is made for its owner alone', async () => {
    const folder = cacheFolder('bundles', join(root, 'cache'));
    assert.equal(folder, join(root, 'cache', 'bundles'));
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal(cacheFolder('bundles', join(root, 'cache')), folder);
  });

  test('is not used when others may write in it, it is a link, or there can be none', async () => {
    const home = join(root, 'foreign');
    const folder = cacheFolder('bundles', home) as string;
    await chmod(folder, 0o770);
    assert.equal(cacheFolder('bundles', home), undefined);
    await symlink(folder, join(home, 'linked'));
    assert.equal(cacheFolder('linked', home), undefined);
    assert.equal(cacheFolder('bundles', '/proc/no-such'), undefined);
  });
});
