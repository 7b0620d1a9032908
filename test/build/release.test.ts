import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('a tag that is not the version of package.json is not published', () => {
  const program = fileURLToPath(new URL('../../build/release.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [program, 'v99.0.0'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^the tag is 'v99\.0\.0', and package\.json has version \d/m);
});
