import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PodEnd } from '../../../src/contract/index.ts';
import { folderUri } from '../../../src/logs/index.ts';
import { Outputs } from '../../../src/activities/result/outputs.ts';

let folder: string;
let uri: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outputs-'));
  uri = folderUri(join(folder, 'pod'));
});
afterEach(() => rm(folder, { recursive: true }));

const judged = (value: unknown) => ({ value, json: JSON.stringify(value) });
const endWith = (kept: Pick<PodEnd, 'output' | 'outputFile'>): PodEnd => ({
  outcome: { kind: 'Succeeded', startedEver: true },
  times: {},
  logs: { uri, lines: 0, bytes: 0, gaps: 0, tail: '' },
  ...kept,
});
const LONG = { text: 'é'.repeat(5000), none: null };

const nowhere = () => Promise.resolve(undefined);

suite('a result between the recorded end and the answer', () => {
  test('is in the record while it is short: null and an empty text too', async () => {
    for (const value of [null, '', 0, 'x'.repeat(8190)])
      assert.deepEqual(await new Outputs().keep(uri, judged(value)), { output: value });
  });

  test('is in a file when it is long, and any attempt that shares the storage has it back', async () => {
    const kept = await new Outputs().keep(uri, judged(LONG));
    assert.equal(kept.output, undefined);
    assert.deepEqual(await new Outputs().of(endWith(kept), uri, nowhere), { output: LONG });
    assert.deepEqual(await readdir(join(folder, 'pod')), ['result.json'], 'nothing half written is left');
  });

  test('is open to its owner alone', async () => {
    const umask = process.umask(0);
    await new Outputs().keep(uri, judged(LONG));
    process.umask(umask);
    const modes = ['pod', 'pod/result.json'].map(async (name) => (await stat(join(folder, name))).mode & 0o777);
    assert.deepEqual(await Promise.all(modes), [0o700, 0o600]);
  });

  test('two attempts at once leave one whole file', async () => {
    const all = await Promise.all([1, 2, 3].map(() => new Outputs().keep(uri, judged(LONG))));
    assert.equal(await readFile(join(folder, 'pod/result.json'), 'utf8'), JSON.stringify(LONG));
    for (const kept of all) assert.deepEqual(await new Outputs().of(endWith(kept), uri, nowhere), { output: LONG });
  });

  test('without the shared storage it is lost, and that says where it was', async () => {
    const kept = await new Outputs().keep(uri, judged(LONG));
    await rm(join(folder, 'pod'), { recursive: true });
    const loaded = await new Outputs(1).of(endWith(kept), uri, nowhere);
    assert.ok('lost' in loaded);
    assert.match(loaded.lost, /the work is done.*pod\/result\.json.*TEMPORAL_PODS_LOG_DIR/);
  });

  test('a file that is not the recorded one is not believed', async () => {
    const kept = await new Outputs().keep(uri, judged(LONG));
    await writeFile(join(folder, 'pod/result.json'), JSON.stringify({ ...LONG, none: 1 }));
    assert.ok('lost' in (await new Outputs(1).of(endWith(kept), uri, nowhere)));
  });

  test('a storage that refuses costs the attempt nothing that read it', async () => {
    await writeFile(join(folder, 'pod'), 'a file where the folder should be');
    const outputs = new Outputs();
    // The worker's own log is told, and that needs an activity around it.
    const keep = () => outputs.keep(uri, judged(LONG));
    const kept = await new MockActivityEnvironment().run<[], Awaited<ReturnType<typeof keep>>, typeof keep>(keep);
    assert.deepEqual(await outputs.of(endWith(kept), uri, nowhere), { output: LONG });
    assert.ok('lost' in (await new Outputs(1).of(endWith(kept), uri, nowhere)));
  });
});
