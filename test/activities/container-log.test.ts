import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ContainerLog, type ContainerLogOptions } from '../../src/activities/container-log.ts';
import type { CallbackLine } from '../../src/contract/index.ts';
import type { LogOptions } from '../../src/kubernetes/cluster.ts';
import { testFolder } from '../logs/support.ts';

const nothing = () => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

test('a storage that does not answer is waited for only so long, and holds up no end', async () => {
  await using folder = await testFolder();
  // Whoever opens a pipe waits until somebody opens its other end.
  const pipe = join(folder.path, 'base.0.0001.log');
  execFileSync('mkfifo', [pipe]);
  const status = { name: 'base', restartCount: 0, state: { terminated: { exitCode: 0 } } };
  const pod = { spec: { restartPolicy: 'Never' }, status: { containerStatuses: [status] } };
  const options = { folder: folder.path, watcher: { latest: pod, gone: false }, limits: {}, openMs: 20 };
  await new MockActivityEnvironment({}, { logger: silent }).run(async () => {
    const life = new ContainerLog({ container: 'base', restart: 0 }, options as unknown as ContainerLogOptions);
    try {
      await life.drain(20);
      assert.match(life.refusal ?? '', /did not answer within 0\.02 s/);
      assert.equal(life.counters.gaps, 1);
    } finally {
      // Both openings come to their end, late: each closes the segment that it began.
      const other = await open(pipe, 'r+');
      const names = ['1', '2', '3'].map((number) => `base.0.000${number}.log`);
      while ((await readdir(folder.path)).sort().join() !== names.join()) await setImmediate();
      await other.close();
    }
  });
});

test('a storage that refused at first has the log as soon as it takes it, while the container runs', async () => {
  await using folder = await testFolder();
  const logs = join(folder.path, 'logs');
  await writeFile(logs, 'in the way');
  const status = { name: 'base', restartCount: 0, state: { running: {} } };
  const pod = { spec: { restartPolicy: 'Never' }, status: { containerStatuses: [status] } };
  const shown = Promise.withResolvers<string>();
  const options = {
    folder: logs,
    watcher: { latest: pod, gone: false, doubt: nothing },
    limits: {},
    openAgain: { firstMs: 1, mostMs: 1 },
    cluster: { openLog: (_ref: object, _container: string, { signal }: LogOptions) => talk(signal) },
    ref: { namespace: 'etl', name: 'a', uid: 'u' },
    show: ({ text }: CallbackLine) => shown.resolve(text),
  };
  await new MockActivityEnvironment({}, { logger: silent }).run(async () => {
    const log = new ContainerLog({ container: 'base', restart: 0 }, options as unknown as ContainerLogOptions);
    await log.opened(1);
    assert.match(log.refusal ?? '', /EEXIST|ENOTDIR/);
    await rm(logs);
    assert.equal(await shown.promise, 'still at work');
    assert.equal(log.refusal, undefined);
    await log.stop();
  });
});

/** A line, and then nothing, until it is let go. */
async function* talk(signal: AbortSignal): AsyncGenerator<Buffer> {
  yield Buffer.from('2026-11-28T12:00:00.000000000Z still at work\n');
  await once(signal, 'abort').catch(nothing);
}
