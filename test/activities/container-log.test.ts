import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { suite } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { V1ContainerState } from '@kubernetes/client-node';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ContainerLog, type ContainerLogOptions } from '../../src/activities/container-log.ts';
import type { CallbackLine } from '../../src/contract/index.ts';
import type { LogOptions } from '../../src/kubernetes/cluster.ts';
import { fileSegments, readLog } from '../../src/logs/index.ts';
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

/** The log of a container that runs until `end` is called, as it is served again and again. */
function programme() {
  const lines: Buffer[] = [];
  const status = { name: 'base', restartCount: 0, state: { running: {} } as V1ContainerState };
  const pod = { spec: { restartPolicy: 'Never' }, status: { containerStatuses: [status] } };
  let wake = Promise.withResolvers<void>();
  async function* serve({ follow, signal }: LogOptions): AsyncGenerator<Buffer> {
    for (let at = 0; ; at++) {
      while (at === lines.length) {
        if (!follow || !status.state.running) return;
        const cut = once(signal, 'abort').catch(nothing);
        await Promise.race([wake.promise, cut]);
        signal.throwIfAborted();
      }
      yield lines[at]!;
    }
  }
  const change = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    print: (text: string) => {
      lines.push(Buffer.from(`2026-11-28T12:00:00.00000000${lines.length}Z ${text}\n`));
      change();
    },
    end: () => {
      status.state = { terminated: { exitCode: 0 } };
      change();
    },
    options: {
      watcher: { latest: pod, gone: false, doubt: nothing, change: () => wake.promise, refresh: nothing },
      limits: {},
      cluster: { openLog: (_ref: object, _container: string, options: LogOptions) => serve(options) },
      ref: { namespace: 'etl', name: 'a', uid: 'u' },
    },
  };
}

suite('a log that another attempt takes over', () => {
  const texts = async (folder: string) => {
    const found: string[] = [];
    for await (const { kind, bytes } of readLog(folder)) found.push(kind === 'gap' ? '<gap>' : String(bytes));
    return found;
  };

  for (const [law, mayWrite, left] of [
    ['is taken back by the attempt that stands, and has every line once', true, ['one', 'two', 'three']],
    ['is left to it by one that does not stand', false, ['one']],
  ] as const)
    test(law, async () => {
      await using folder = await testFolder();
      const { options, print, end } = programme();
      const stored = Promise.withResolvers<void>();
      const own = { ...options, folder: folder.path, mayWrite: async () => mayWrite, show: () => stored.resolve() };
      print('one');
      await new MockActivityEnvironment({}, { logger: silent }).run(async () => {
        const log = new ContainerLog({ container: 'base', restart: 0 }, own as unknown as ContainerLogOptions);
        await stored.promise;
        // It was cut off, begins where the other one is, and is told only now that it is not wanted.
        const stale = await fileSegments(folder.path).openSegment('base', 0);
        await stale.close();
        print('two');
        print('three');
        end();
        await log.drain(2_000);
        assert.deepEqual(await texts(folder.path), left);
        assert.equal(log.refusal === undefined, mayWrite);
        assert.equal(log.counters.gaps, mayWrite ? 0 : 1);
      });
    });
});

/** A line, and then nothing, until it is let go. */
async function* talk(signal: AbortSignal): AsyncGenerator<Buffer> {
  yield Buffer.from('2026-11-28T12:00:00.000000000Z still at work\n');
  await once(signal, 'abort').catch(nothing);
}
