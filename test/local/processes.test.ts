import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { place } from '../../local/place.ts';
import { end, find, logFile, partOf, running, startDetached, until } from '../../local/processes.ts';

const onLinux = { skip: process.platform !== 'linux' };

suite('the processes of a stack', () => {
  test('a process is ours by the mark in its environment, and by nothing else', () => {
    const marked = ['PATH=/bin', 'TEMPORAL_PODS_RUN=/c/run', 'TEMPORAL_PODS_PART=etcd'];
    assert.equal(partOf(marked, '/c/run'), 'etcd');
    assert.equal(partOf(marked, '/c/ru'), undefined);
    assert.equal(partOf(marked, '/another/run'), undefined);
    assert.equal(partOf(['PATH=/bin'], '/c/run'), undefined);
  });

  test("what a part's program starts is not taken for the part", () => {
    const shim = { pid: 2, parent: 1, part: 'containerd-1', argv: ['/usr/bin/containerd-shim-runc-v2', '-id', 'x'] };
    const containerd = { pid: 3, parent: 1, part: 'containerd-1', argv: ['/usr/bin/containerd', '--config', 'x'] };
    const beforeItsExec = { ...containerd, pid: 4, parent: 3 };
    assert.equal(find([beforeItsExec, shim, containerd], 'containerd-1', 'containerd'), containerd);
    assert.equal(find([shim], 'containerd-1', 'containerd'), undefined);
  });

  test('one is started, found, logged and ended; a stranger with the same command is left alone', onLinux, async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tp-'));
    const here = place(cache);
    const stranger = spawn('sleep', ['61']);
    try {
      startDetached(here, 'part', ['sh', '-c', 'echo hello; exec sleep 61']);
      assert.ok(await until(() => find(running(here), 'part', 'sleep') !== undefined, 5_000));
      assert.equal(readFileSync(logFile(here, 'part'), 'utf8'), 'hello\n');
      await end(here, () => true, 1_000);
      assert.deepEqual(running(here), []);
      assert.equal(stranger.exitCode, null);
      assert.equal(stranger.signalCode, null);
    } finally {
      stranger.kill('SIGKILL');
      await end(here, () => true, 0);
      rmSync(cache, { recursive: true });
    }
  });

  test('one that does not listen to SIGTERM is ended all the same', onLinux, async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tp-'));
    const here = place(cache);
    try {
      startDetached(here, 'part', ['env', '--ignore-signal=TERM', 'sleep', '62']);
      assert.ok(await until(() => find(running(here), 'part', 'sleep') !== undefined, 5_000));
      await end(here, () => true, 300);
      assert.deepEqual(running(here), []);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
});
