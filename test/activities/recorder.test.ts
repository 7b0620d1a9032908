import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';
import { ActivityNotFoundError } from '@temporalio/client';
import { Recorder } from '../../src/activities/recorder.ts';
import type { PodRecord } from '../../src/contract/index.ts';
import { failureOf, inWorld } from '../support/pods.ts';
import { hello } from './support.ts';

/** How the SDK ends the attempt. */
interface End {
  shutdown: AbortController;
  stopped: CancelledFailure;
  details: { workerShutdown?: true; cancelRequested?: true };
}

/** What the promise rejects with, after as many mocked minutes as it takes. */
async function settledByTime(t: TestContext, promise: Promise<unknown>): Promise<unknown> {
  let settled: unknown;
  promise.catch((error: unknown) => (settled = error));
  for (let minutes = 0; settled === undefined && minutes < 1_000; minutes += 0.1) {
    await new Promise(setImmediate);
    t.mock.timers.tick(6_000);
  }
  return settled;
}

/** A recorder whose token heartbeats are answered like this. */
function recorderOf(
  heartbeat: (state: PodRecord) => Promise<void>,
  end: Partial<End> = {},
  bySdk: (state: PodRecord) => void = () => undefined,
): Recorder {
  const { shutdown = new AbortController(), stopped, details = { workerShutdown: true } } = end;
  const context = {
    cancellationSignal: shutdown.signal,
    get cancellationDetails() {
      return shutdown.signal.aborted ? details : undefined;
    },
    get cancelled() {
      return stopped ? Promise.reject(stopped) : new Promise(() => undefined);
    },
    heartbeat: bySdk,
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

  test('is given up when Temporal refuses it for minutes: the attempt ends, and the next one adopts the pod', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const recorder = recorderOf(() => Promise.reject(new Error('Request unauthorized.')));
    t.after(() => recorder.close());
    const failure = await settledByTime(t, recorder.record({ reason: 'x' }));
    assert.ok(failure instanceof ApplicationFailure);
    assert.equal(failure.type, 'TemporalUnavailable');
    assert.equal(failure.nonRetryable, false);
    assert.match(failure.message, /Request unauthorized\./);
  });

  test('is given up at once when the worker is told to stop: Temporal may be away for hours', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const stopped = new CancelledFailure('WORKER_SHUTDOWN');
    const shutdown = new AbortController();
    const recorder = recorderOf(
      async () => {
        shutdown.abort();
        throw new Error('Temporal is away');
      },
      { shutdown, stopped },
    );
    t.after(() => recorder.close());
    assert.equal(await recorder.record({}).catch((error: unknown) => error), stopped);
  });

  test('is sent on when the attempt is only cancelled: its end has to be told', async (t) => {
    const shutdown = new AbortController();
    shutdown.abort();
    let calls = 0;
    const recorder = recorderOf(
      async () => {
        if (++calls < 3) throw new Error('Temporal is away');
      },
      { shutdown, stopped: new CancelledFailure('CANCELLED'), details: { cancelRequested: true } },
    );
    t.after(() => recorder.close());
    assert.equal(await recorder.record({}), 'pending');
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

test('what is noted for display carries all that is remembered, whatever of it has changed', (t) => {
  const sent: PodRecord[] = [];
  const recorder = recorderOf(
    async () => undefined,
    {},
    (state) => void sent.push(state),
  );
  t.after(() => recorder.close());
  const pod = { namespace: 'n', name: 'x', uid: 'u' };
  recorder.note({ pod });
  recorder.note({ phase: 'Running' });
  assert.deepEqual(sent, [
    { v: 1, cluster: 'c', pod },
    { v: 1, cluster: 'c', pod, phase: 'Running' },
  ]);
});

suite('what readers see', () => {
  test('is sent past the throttle when it still stands after a while, once', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const sent: unknown[] = [];
    const recorder = recorderOf(async ({ reason }) => void sent.push(reason));
    recorder.note({ reason: 'ContainerCreating' });
    recorder.note({ reason: 'Running' });
    t.mock.timers.tick(5_000);
    await new Promise(setImmediate);
    t.mock.timers.tick(3_600_000);
    await new Promise(setImmediate);
    assert.deepEqual(sent, ['Running']);
  });

  test('costs no call of its own when something durable is sent in time, or the attempt is over', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const sent: unknown[] = [];
    const recorder = recorderOf(async ({ reason }) => void sent.push(reason));
    recorder.note({ reason: 'Running' });
    await recorder.record({ reason: 'Terminating' });
    recorder.note({ reason: 'gone' });
    recorder.close();
    t.mock.timers.tick(3_600_000);
    await new Promise(setImmediate);
    assert.deepEqual(sent, ['Terminating']);
  });

  test('may be refused: nothing is built on it', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    let refuse = true;
    const recorder = recorderOf(async () => {
      if (refuse) throw new Error('no');
    });
    recorder.note({ reason: 'Running' });
    t.mock.timers.tick(5_000);
    await new Promise(setImmediate);
    refuse = false;
    assert.equal(await recorder.record({ phase: 'Running' }), 'pending');
  });
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
      t.mock.timers.tick(20_000);
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

test('an attempt that Temporal does not know any more was not acknowledged by that answer', async (t) => {
  const recorder = recorderOf(async () => {
    throw new ActivityNotFoundError('not found');
  });
  t.after(() => recorder.close());
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + 60_000);
  assert.equal(await recorder.ask(), 'notFound');
  assert.ok(recorder.sinceAcknowledged >= 60_000);
});
