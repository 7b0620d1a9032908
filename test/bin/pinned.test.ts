/** What is fetched for a build is what was looked at: named by its checksum or commit, and run by nobody while it is fetched. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  /** To a workspace. */
  readonly link?: boolean;
}

suite('what is fetched is pinned', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  /** Without the checkout itself and its workspaces. */
  const locked = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
  const node = JSON.parse(read('local/node/package.json')) as { optionalDependencies: Record<string, string> };

  test('every package has its checksum in the lock file, the Node that runs it all included', () => {
    assert.deepEqual(
      locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
      [],
    );
    for (const [name, version] of Object.entries(node.optionalDependencies))
      assert.equal(packages[`node_modules/${name}`]?.version, version);
  });

  test('no package runs code of its own at its install, where it could fetch anything', () => {
    const names = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.split('node_modules/').at(-1) ?? '');
    assert.deepEqual(
      names.filter((name) => allowScripts[name] !== false),
      [],
    );
  });

  test('an action of a workflow is a commit, with its version beside it', () => {
    for (const name of readdirSync(new URL('.github/workflows', root)))
      for (const [, used] of read(`.github/workflows/${name}`).matchAll(/uses: (.+)/g))
        assert.match(used ?? '', /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});
