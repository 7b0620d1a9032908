import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ContainerLog, type ContainerLogOptions } from '../../src/activities/container-log.ts';
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
