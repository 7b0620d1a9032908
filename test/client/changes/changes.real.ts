/** A DAG is changed while a run of it is under way: what is said before, when it has happened, and that `patched` is the way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isTriedAgain } from '../../../src/client/history/stuck.ts';
import { reaches } from '../../workflows/support/asking.ts';
import { stubWorker, type StubWorker } from '../stub-worker.ts';
import { eventually } from '../../support/real.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

suite('a DAG that is changed while it runs', { timeout: 300_000 }, () => {
  let stub: StubWorker;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'changes-'));
    stub = await stubWorker('./changes/before.ts');
  });
  after(async () => {
    await stub.close();
    rmSync(folder, { recursive: true });
  });

  const handle = (id: string) => stub.temporal.client.workflow.getHandle(id);
  /** The client, with this code. */
  const asks = (code: string, ...args: string[]) =>
    stub.client(args, { env: { TEMPORAL_PODS_WORKFLOWS: here(code) } }).ended;
  const start = async (name: string) => {
    const id = `${stub.taskQueue}-${name}`;
    const until = join(folder, name);
    const args = [{ until }];
    await stub.temporal.client.workflow.start('nightly', { workflowId: id, taskQueue: stub.taskQueue, args });
    await reaches(handle(id), 'orders:running report:waiting');
    return { id, goOn: () => writeFileSync(until, '') };
  };
  const isListed = (id: string) =>
    eventually('the run to be listed', async () => {
      const { out } = await asks('before.ts', 'list', '-o', 'name');
      return out.split('\n').includes(id) || undefined;
    });

  test('replay --open says no before, show and list say so after, and with patched() the run ends', async () => {
    const { id, goOn } = await start('a');
    await isListed(id);

    const unchanged = await asks('before.ts', 'replay', '--open');
    assert.deepEqual([unchanged.code, unchanged.out], [0, `fits         ${id} (nightly, running)\n`], unchanged.err);
    const no = await asks('after.ts', 'replay', '--open', '--workflow', 'nightly');
    assert.equal(no.code, 1, no.err);
    assert.match(no.out, new RegExp(`^does not fit ${id} \\(nightly, running\\): task 'check' is new before 'orders'`));
    assert.equal((await asks('patched.ts', 'replay', '--open')).code, 0);

    await stub.restart('./changes/after.ts');
    const soon = await asks('after.ts', 'show', id);
    assert.match(
      soon.out,
      /^running for .*\n.*does not fit this run, which is stuck at its next step: task 'check' is new/m,
    );

    goOn();
    await eventually('its workflow task to fail', async () => (await isTriedAgain(handle(id))) || undefined);
    const shown = await asks('after.ts', 'show', id);
    assert.match(shown.out, /^stuck for .*\n.*fails again and again: task 'check' is new before 'orders'/m);
    assert.match(shown.out, /patched\('…'\)[^]*temporal workflow terminate[^]*rerun/);
    const listed = await asks('after.ts', 'list', '--status', 'stuck');
    assert.match(listed.out, new RegExp(`^stuck +nightly +${id} `, 'm'));
    const doctor = await asks('after.ts', 'doctor', '-o', 'json');
    const check = (JSON.parse(doctor.out) as Record<string, string>[]).find(({ name }) => name === 'stuck runs');
    assert.equal(check?.['result'], 'failed');
    assert.match(check?.['says'] ?? '', new RegExp(`1 of the runs under way: ${id} since .*: task 'check' is new`));

    await stub.restart('./changes/patched.ts');
    assert.equal(await handle(id).result(), 'r');
    assert.match((await asks('patched.ts', 'show', id)).out, /^completed /m);
    assert.equal((await asks('patched.ts', 'replay', '--open', '--last', '1')).code, 0);
  });

  test('cancel says that nothing can come of it; terminated and run again, it keeps what is done', async () => {
    await stub.restart('./changes/before.ts');
    const { id, goOn } = await start('b');
    await stub.restart('./changes/after.ts');
    goOn();
    await eventually('its workflow task to fail', async () => (await isTriedAgain(handle(id))) || undefined);

    const cancel = await asks('after.ts', 'cancel', id);
    assert.equal(cancel.code, 1);
    assert.match(cancel.err, /is asked to stop, but nothing can come of it: it is stuck: task 'check' is new before/);
    assert.match(cancel.err, /temporal workflow terminate/);

    await handle(id).terminate('its code has changed');
    const shown = await asks('after.ts', 'show', id);
    assert.match(shown.out, /^terminated /m);
    assert.doesNotMatch(shown.out, /stuck|stands still|again and again/);
    const rerun = await asks('after.ts', 'rerun', id);
    assert.equal(rerun.code, 0, rerun.err);
    assert.equal(await handle(rerun.out.trim()).result(), 'r');
  });
});
