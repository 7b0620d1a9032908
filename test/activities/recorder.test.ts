import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Context } from '@temporalio/activity';
import { Recorder } from '../../src/activities/recorder.ts';
import type { PodRecord } from '../../src/contract/index.ts';
import { failureOf, inWorld } from '../support/pods.ts';
import { hello } from './support.ts';

/** A recorder whose token heartbeats are answered like this. */
function recorderOf(heartbeat: (state: PodRecord) => Promise<void>): Recorder {
  const context = {
    heartbeat: () => undefined,
    info: { taskToken: new Uint8Array() },
    client: {
      withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
      activity: { heartbeat: (_token: Uint8Array, state: PodRecord) => heartbeat(state) },
    },
  };
  return new Recorder(context as unknown as Context, { v: 1, cluster: 'c' });
}

suite('what an attempt remembers', () => {
  test('is sent one after the other, or an older state could land on a newer one', async (t) => {
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const recorder = recorderOf(async ({ reason }) => {
      seen.push(`${reason} sent`);
      if (reason === 'one') await promise;
      seen.push(`${reason} answered`);
    });
    t.after(() => recorder.close());
    const one = recorder.record({ reason: 'one' });
    await new Promise(setImmediate);
    const two = recorder.record({ reason: 'two' });
    await new Promise(setImmediate);
    resolve();
    await Promise.all([one, two]);
    assert.deepEqual(seen, ['one sent', 'one answered', 'two sent', 'two answered']);
  });

  test('is remembered when Temporal says so: an error is no answer, and it is asked again', async (t) => {
    let calls = 0;
    const recorder = recorderOf(async () => {
      if (++calls < 3) throw new Error('Temporal is away');
    });
    t.after(() => recorder.close());
    assert.equal(await recorder.record({}), 'pending');
    assert.equal(calls, 3);
  });

  test(
    'was handed to the SDK before, which would send an older copy later',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(hello);
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('delete', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('delete') === 1);
      const ends = temporal.heartbeats.filter(({ ended }) => ended);
      resolve();
      await running.result;
      assert.ok(ends.length >= 2, 'by the SDK and by task token');
    }),
  );

  test(
    'stays below 32 KiB, whatever a pod leaves behind',
    inWorld(async ({ fake, temporal, attempt }) => {
      // A control character is six bytes in JSON.
      fake.script((pod) => {
        pod.run();
        for (let n = 0; n < 100; n++) pod.print('\u0001'.repeat(99));
        for (let n = 0; n < 20; n++)
          fake.event(pod.name, { type: 'Warning', reason: `R${n}`, message: 'm'.repeat(1000) });
        pod.finish({ exitCode: 3, message: '\u0001'.repeat(4096) });
      });
      const { error } = await failureOf(attempt());
      assert.equal(error.type, 'ContainerFailed');
      const size = Buffer.byteLength(JSON.stringify(temporal.recorded));
      assert.ok(size <= 32 * 1024, `${size} bytes`);
    }),
  );
});

suite('heartbeats', () => {
  test('go on in a long cleanup, and each of them carries the recorded end', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    return inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(hello);
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('delete', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('delete') === 1);
      const before = temporal.heartbeats.length;
      t.mock.timers.tick(10_000);
      const later = temporal.heartbeats.slice(before);
      resolve();
      await running.result;
      assert.ok(later.length > 1);
      assert.ok(later.every(({ ended }) => ended !== undefined));
    })();
  });

  test('end with the attempt', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    return inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(hello);
      await attempt().result;
      const { length } = temporal.heartbeats;
      t.mock.timers.tick(60_000);
      assert.equal(temporal.heartbeats.length, length);
    })();
  });
});
