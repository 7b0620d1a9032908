/** What becomes of the pod: kept, left to run on, taken by a pause; and when it may be created and deleted at all. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import { onCancellation } from '../../src/activities/on-cancellation.ts';
import type { PodRun } from '../../src/activities/pod-run.ts';
import { ANNOTATION, refOf } from '../../src/pod/identity.ts';
import type { PodSpec } from '../../src/contract/index.ts';
import type { FakeCluster, FakePod } from '../support/fake-cluster.ts';
import { failureOf, inWorld, linesOf, SPEC, type World } from '../support/pods.ts';
import { RECORD_BYTES } from '../../src/activities/recorder.ts';
import { hello, KEY, opened, podOf, roundTrips, withSidecar } from './support.ts';

const HOUR = 3_600_000;
const broken = (pod: FakePod) => {
  pod.run();
  pod.finish({ exitCode: 3 });
};
const lasting = async (pod: FakePod) => {
  pod.run();
  pod.print('begun');
  await pod.terminating;
  pod.print('stopped');
  pod.finish({ exitCode: 143 });
};
const keptUntil = (fake: FakeCluster) => {
  const [name] = fake.left();
  return name === undefined ? undefined : fake.pod(name).metadata?.annotations?.[ANNOTATION.keepUntil];
};
const isAbout = (time: string | undefined, from: number, ms: number) => {
  const after = Date.parse(time ?? '') - from;
  assert.ok(after >= ms && after < ms + 60_000, `${time} is ${after} ms later`);
};

suite('a finished pod', () => {
  const rows: [law: string, spec: PodSpec, script: (pod: FakePod) => void, keptFor: number | undefined][] = [
    ['is deleted', {}, broken, undefined],
    ['that failed is kept for an hour with keepFailed', { onFinish: 'keepFailed' }, broken, HOUR],
    ['that succeeded is deleted with keepFailed', { onFinish: 'keepFailed' }, hello, undefined],
    ['that succeeded is kept with keep', { onFinish: 'keep', keepFor: '2h' }, hello, 2 * HOUR],
    ['that failed is kept with keep', { onFinish: 'keep', keepFor: '2h' }, broken, 2 * HOUR],
    ['that failed outlives the time to look at it', { keepForDebug: '3h' }, broken, 4 * HOUR],
    ['is kept for the longer of both', { keepForDebug: '1s', onFinish: 'keep', keepFor: '5h' }, broken, 5 * HOUR],
    ['that succeeded is not kept', { keepForDebug: '3h' }, hello, undefined],
    ['is kept for 30 days at most', { onFinish: 'keep', keepFor: '1y' }, hello, 30 * 24 * HOUR],
    ['with a sidecar is kept when that has ended too', { onFinish: 'keep', template: withSidecar }, both, HOUR],
  ];
  function both(pod: FakePod) {
    pod.run();
    pod.finish({ exitCode: 0, container: 'base' });
    setImmediate(() => pod.finish({ exitCode: 0, container: 'proxy' }));
  }
  for (const [law, spec, script, keptFor] of rows)
    test(
      law,
      inWorld(async ({ fake, attempt }) => {
        fake.script(script);
        const before = Date.now();
        const running = attempt({ ...SPEC, ...spec });
        const cleanup = await running.result.then(
          (result) => result.cleanup,
          async () => (await failureOf(running)).details.cleanup,
        );
        if (keptFor === undefined) assert.deepEqual([cleanup, fake.left()], [{ gone: true }, []]);
        else {
          isAbout(cleanup?.kept, before, keptFor);
          assert.deepEqual([cleanup?.gone, keptUntil(fake)], [false, cleanup?.kept]);
          assert.equal(fake.count('delete'), 0);
        }
      }),
    );

  test(
    'that still runs is deleted, whatever was wished, and says so',
    inWorld(async ({ fake, attempt }) => {
      fake.script(lasting);
      const { error, details } = await failureOf(attempt({ ...SPEC, onFinish: 'keep', timeouts: { run: '100ms' } }));
      assert.equal(error.type, 'DeadlineExceeded');
      assert.equal(details.cleanup?.gone, true);
      assert.match(details.cleanup?.error ?? '', /was to be kept.*still ran/);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'that may not be marked as kept is deleted, and says so',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        fake.plan('patch', { answer: 403 });
        hello(pod);
      });
      const { cleanup } = await attempt({ ...SPEC, onFinish: 'keep' }).result;
      assert.equal(cleanup.gone, true);
      assert.match(cleanup.error ?? '', /was to be kept.*cannot do this/);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'is kept though the API server has a bad moment',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        fake.plan('patch', { answer: 503, retryAfter: 0 });
        fake.plan('patch', 'lose answer');
        hello(pod);
      });
      const { cleanup } = await attempt({ ...SPEC, onFinish: 'keep' }).result;
      assert.equal(keptUntil(fake), cleanup.kept);
      assert.ok(cleanup.kept);
    }),
  );

  test(
    'that somebody else deleted meanwhile is gone',
    inWorld(async ({ fake, temporal, attempt }) => {
      const running = attempt({ ...SPEC, onFinish: 'keep' });
      const name = await opened(fake);
      fake.run(name);
      temporal.onRecord(({ ended }) => ended && fake.left().length && fake.remove(name));
      fake.finish(name, { exitCode: 0 });
      const { cleanup, exitCode } = await running.result;
      assert.deepEqual([exitCode, cleanup.gone], [0, true]);
    }),
  );

  test(
    'is kept by the next attempt, when the first one died between its record and the mark',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(broken);
      const spec: PodSpec = { ...SPEC, onFinish: 'keepFailed' };
      const first = await failureOf(attempt(spec));
      assert.ok(temporal.recorded?.ended);
      const second = await failureOf(attempt(spec));
      assert.deepEqual(fake.created, [first.details.pod?.uid]);
      assert.equal(second.details.exitCode, 3);
      assert.equal(keptUntil(fake), second.details.cleanup?.kept);
    }),
  );

  test(
    'of an earlier run goes before a reset run has its own, though it was kept',
    inWorld(async ({ fake, temporal, attempt, dependencies: { cluster } }) => {
      const pod = podOf({ ...KEY, runId: 'run-0' });
      const annotations = { ...pod.metadata?.annotations, [ANNOTATION.keepUntil]: '2100-01-01T00:00:00Z' };
      await cluster.createPod('n', { ...pod, metadata: { ...pod.metadata, annotations } });
      temporal.run.status = 'TERMINATED';
      fake.script(hello);
      const result = await attempt().result;
      assert.deepEqual(fake.ran, [result.pod.uid]);
      assert.deepEqual(fake.left(), []);
    }),
  );
});

suite('a cancel that Temporal does not confirm', () => {
  // A heartbeat that is too large fails its attempt, which hears of it as of a cancel.
  for (const [law, answers] of [
    ['its attempt was failed already', ['notFound']],
    ['its attempt is failed by the question', ['cancelled', 'notFound']],
    ['its attempt stands', ['pending']],
  ] as const)
    test(
      `leaves the pod to the next attempt: ${law}`,
      inWorld(async ({ fake, temporal, attempt }) => {
        fake.script(lasting);
        const first = attempt();
        await fake.until(() => fake.open('log') === 1);
        const left = [...answers];
        temporal.onRecord(() => (temporal.standing = left.shift() ?? 'notFound'));
        first.end('cancelRequested');
        await assert.rejects(first.result, CancelledFailure);
        assert.equal(fake.count('delete'), 0);
        assert.equal(temporal.cancelled, undefined);
        assert.equal(fake.left().length, 1);
      }),
    );
});

suite('a cancelled pod that shall run on', () => {
  const spec: PodSpec = { ...SPEC, onCancel: 'keep', keepFor: '2h' };

  test(
    'is marked and left alone, and that is reported',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(lasting);
      const before = Date.now();
      const running = attempt(spec);
      await fake.until(() => fake.open('log') === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await assert.rejects(running.result, CompleteAsyncError);
      const { cleanup } = temporal.cancelled as { cleanup: { gone: boolean; kept?: string } };
      assert.equal(cleanup.gone, false);
      isAbout(cleanup.kept, before, 2 * HOUR);
      assert.equal(keptUntil(fake), cleanup.kept);
      assert.equal(fake.count('delete'), 0);
    }),
  );

  test(
    'is deleted when it has never run',
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('create', { answerAfter: promise });
      const running = attempt(spec);
      await fake.until(() => fake.created.length === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      resolve();
      await assert.rejects(running.result, CompleteAsyncError);
      assert.deepEqual(temporal.cancelled?.cleanup, { gone: true });
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'before there is one, proves nothing',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.standing = 'cancelled';
      await assert.rejects(attempt(spec).result, CompleteAsyncError);
      assert.equal(temporal.cancelled?.cleanup?.gone, false);
      assert.equal(fake.count('create'), 0);
    }),
  );

  test(
    'is deleted when it may not be marked: the sweeper would take it for one that was left behind',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(lasting);
      const running = attempt(spec);
      await fake.until(() => fake.open('log') === 1);
      fake.plan('patch', { answer: 403 });
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await assert.rejects(running.result, CompleteAsyncError);
      const { cleanup } = temporal.cancelled as { cleanup: { gone: boolean; error?: string } };
      assert.equal(cleanup.gone, true);
      assert.match(cleanup.error ?? '', /cannot do this/);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'that the workflow has left on purpose is left too by an attempt that hears late that all is over',
    inWorld(async ({ fake, temporal, attempt, dependencies: { cluster } }) => {
      fake.script(lasting);
      const running = attempt(spec);
      await fake.until(() => fake.open('log') === 1);
      const { name = '', uid = '' } = fake.pod(fake.left()[0] as string).metadata ?? {};
      const until = new Date(Date.now() + HOUR).toISOString();
      await cluster.annotatePod({ namespace: 'n', name, uid }, { [ANNOTATION.keepUntil]: until });
      temporal.run.status = 'CANCELED';
      running.end('notFound');
      await assert.rejects(running.result, CancelledFailure);
      assert.equal(fake.count('delete'), 0);
    }),
  );
});

suite('a pause that takes the pod', () => {
  const spec: PodSpec = { ...SPEC, onPause: 'delete' };

  test(
    'keeps its last words; the task fails with it when it goes on, and creates nothing more',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(lasting);
      const first = attempt(spec);
      await fake.until(() => fake.open('log') === 1);
      temporal.standing = 'paused';
      first.end('paused');
      await assert.rejects(first.result, CancelledFailure);
      assert.deepEqual(fake.left(), []);
      temporal.standing = 'pending';
      const { error, details } = await failureOf(attempt(spec));
      assert.deepEqual([error.type, details.reason, details.startedEver], ['PodDisrupted', 'Paused', true]);
      assert.deepEqual(details.cleanup, { gone: true });
      assert.deepEqual(await linesOf({ logs: details.logs } as never), ['begun', 'stopped']);
      assert.equal(details.logs?.lines, 2);
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'says that nothing of it ever started, when nothing did',
    inWorld(async ({ fake, temporal, attempt }) => {
      const first = attempt(spec);
      await opened(fake);
      temporal.standing = 'paused';
      first.end('paused');
      await assert.rejects(first.result, CancelledFailure);
      temporal.standing = 'pending';
      const { details } = await failureOf(attempt(spec));
      assert.deepEqual([details.kind, details.startedEver], ['PodDisrupted', false]);
    }),
  );

  test(
    'leaves what is over by itself: its result is read when the task goes on',
    inWorld(async ({ fake, temporal, attempt }) => {
      const first = attempt(spec);
      const name = await opened(fake);
      fake.run(name);
      await fake.until(() => fake.open('log') === 1);
      // The attempt hears of the pause before it hears of the end.
      fake.finish(name, { exitCode: 0, message: '42' });
      temporal.standing = 'paused';
      first.end('paused');
      await assert.rejects(first.result, CancelledFailure);
      assert.deepEqual([temporal.recorded?.ended, fake.left()], [undefined, [name]]);
      temporal.standing = 'pending';
      assert.equal((await attempt(spec).result).output, 42);
    }),
  );
});

suite('nothing is created, opened or deleted too early', () => {
  for (const flag of ['paused', 'reset'] as const)
    test(
      `an attempt that is ${flag} at its first act creates nothing`,
      inWorld(async ({ fake, temporal, attempt, ...world }) => {
        temporal.standing = flag;
        const running = attempt();
        await temporal.until(() => temporal.heartbeats.length > 0);
        await roundTrips({ fake, temporal, attempt, ...world });
        running.end(flag);
        await assert.rejects(running.result, CancelledFailure);
        assert.equal(fake.count('create'), 0);
      }),
    );

  test('an attempt that does not stand asks ever more seldom, until the SDK has heard of it as well', (t) =>
    inWorld(async ({ temporal, attempt }) => {
      temporal.standing = 'paused';
      let asked = 0;
      temporal.onRecord(() => asked++);
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const running = attempt();
      for (let second = 0; second < 600; second++) {
        for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
        t.mock.timers.tick(1_000);
      }
      running.end('paused');
      t.mock.timers.reset();
      await assert.rejects(running.result, CancelledFailure);
      assert.ok(asked > 10 && asked < 30, `${asked} questions in ten minutes`);
    })());

  test('an attempt that was frozen between its acknowledgement and the create asks again', (t) =>
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('list', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('list') === 1);
      temporal.standing = 'notFound';
      const now = performance.now.bind(performance);
      t.mock.method(performance, 'now', () => now() + 11_000);
      const asked = temporal.heartbeats.length;
      resolve();
      await temporal.until(() => temporal.heartbeats.length > asked);
      running.end('notFound');
      await assert.rejects(running.result, CancelledFailure);
      assert.equal(fake.count('create'), 0);
    })());

  test(
    'the gate stays until the uid is acknowledged',
    inWorld(async ({ fake, temporal, attempt, ...world }) => {
      fake.script(hello);
      const { promise, resolve } = Promise.withResolvers<void>();
      temporal.onRecord(({ pod }) => pod && !temporal.silence && (temporal.silence = promise));
      const running = attempt();
      await temporal.until(() => temporal.silence !== undefined);
      await roundTrips({ fake, temporal, attempt, ...world });
      assert.deepEqual([fake.created.length, fake.count('patch')], [1, 0]);
      resolve();
      await running.result;
      assert.equal(fake.count('patch'), 1);
    }),
  );

  test(
    'a pod whose containers have ended is deleted when the pod is over, not before',
    inWorld(async ({ fake, temporal, attempt, ...world }) => {
      const running = attempt();
      const name = await opened(fake);
      fake.run(name);
      fake.edit(name, ({ status }) => {
        const finishedAt = new Date();
        for (const one of status?.containerStatuses ?? [])
          one.state = { terminated: { exitCode: 0, reason: 'Completed', startedAt: finishedAt, finishedAt } };
      });
      fake.pods.emit('ended', fake.pod(name).metadata?.uid ?? '', 'base');
      await temporal.until(() => temporal.recorded?.ended !== undefined);
      await roundTrips({ fake, temporal, attempt, ...world });
      assert.equal(fake.count('delete'), 0);
      fake.edit(name, ({ status }) => Object.assign(status ?? {}, { phase: 'Succeeded' }));
      assert.deepEqual((await running.result).cleanup, { gone: true });
    }),
  );
});

suite('an API server that answers no look, but a DELETE', () => {
  /** An attempt that has seen its pod, with what it saw last, and whose next look is not answered in time. */
  const run = (latest: V1Pod, cancellationDetails: object) => {
    const deleted: string[] = [];
    let report: { cleanup?: { gone: boolean; error?: string } } = {};
    const client = {
      withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
      withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
      activity: { reportCancellation: async (_token: unknown, facts: object) => void (report = facts) },
      workflow: { getHandle: () => ({ describe: async () => ({ status: { name: 'COMPLETED' }, raw: {} }) }) },
    };
    const info = { workflowExecution: { workflowId: 'sales', runId: 'run-1' }, activityId: 'orders-1' };
    const attempt = {
      spec: { ...SPEC, onCancel: 'keep' },
      key: KEY,
      main: 'base',
      limits: {},
      cluster: { id: 'c', deletePod: async ({ name }: { name: string }) => (deleted.push(name), 'gone') },
      recorder: { state: { cluster: 'c', pod: refOf(latest) }, note: () => undefined, ask: async () => 'cancelled' },
      context: { info, client, cancellationDetails, cancellationSignal: new AbortController().signal },
    };
    const watcher = { latest, gone: false, refresh: async () => false };
    const logs = { follow: () => undefined, summary: () => ({}), opened: async () => {}, drainOpen: async () => {} };
    const end = onCancellation({ attempt, watcher, logs } as unknown as PodRun, new CancelledFailure('interrupted'));
    return end.then(
      () => assert.fail(),
      () => ({ deleted, report }),
    );
  };
  const seen = { ...podOf(), metadata: { ...podOf().metadata, uid: 'u-1' } };
  const { schedulingGates, ...spec } = seen.spec ?? { containers: [] };

  test('a cancel leaves a pod that shall run on to the workflow: its gate may be open since', async () => {
    assert.ok(schedulingGates);
    const { deleted, report } = await run(seen, { cancelRequested: true });
    assert.deepEqual(deleted, []);
    assert.deepEqual(report.cleanup, { gone: false, error: 'it is to run on, and could not be read' });
  });

  test('an attempt that nobody waits for leaves its pod to the sweeper: it may be marked since', async () => {
    const { deleted } = await run({ ...seen, spec }, { notFound: true });
    assert.deepEqual(deleted, []);
  });
});

suite('who is interrupted', () => {
  const working = async (world: World, spec: PodSpec) => {
    world.fake.script(lasting);
    const running = world.attempt({ ...SPEC, ...spec });
    await world.temporal.until(() => world.temporal.heartbeats.some(({ phase }) => phase === 'Running'));
    return running;
  };

  test(
    'takes the pod of a paused task also with an onEnd that takes its time',
    inWorld(async (world) => {
      const { fake, temporal, dependencies } = world;
      let told = 0;
      const onEnd = async () => {
        await roundTrips(world);
        told += 1;
      };
      Object.assign(dependencies, { callbacks: { audit: { onEnd } } });
      const running = await working(world, { onPause: 'delete', callbacks: ['audit'] });
      temporal.standing = 'paused';
      running.end('paused');
      await assert.rejects(running.result, CancelledFailure);
      assert.deepEqual([fake.left(), told, temporal.recorded?.ended?.outcome.reason], [[], 1, 'Paused']);
    }),
  );

  test(
    'records no more than a heartbeat carries',
    inWorld(async (world) => {
      const { fake, temporal } = world;
      fake.script(async (pod) => {
        pod.run();
        for (let n = 0; n < 40; n++) pod.print('\u0001'.repeat(400));
        await pod.terminating;
        pod.finish({ exitCode: 143 });
      });
      const running = world.attempt({ ...SPEC, onPause: 'delete', logs: { tailBytes: 16_384 } });
      await temporal.until(() => temporal.heartbeats.some(({ phase }) => phase === 'Running'));
      temporal.standing = 'paused';
      running.end('paused');
      await running.result.catch(() => undefined);
      const { ended } = temporal.recorded ?? {};
      assert.equal(ended?.logs.lines, 40);
      assert.ok(Buffer.byteLength(JSON.stringify(ended)) <= RECORD_BYTES);
    }),
  );

  test(
    'late, after its cancelled activity was closed, leaves a pod that shall run on to the workflow',
    inWorld(async (world) => {
      const running = await working(world, { onCancel: 'keep' });
      world.temporal.standing = 'notFound';
      world.temporal.run.pending = false;
      running.end('notFound');
      await running.result.catch(() => undefined);
      assert.deepEqual([world.fake.left().length, world.fake.count('delete')], [1, 0]);
    }),
  );

  test(
    'and hears nothing of a pod that shall run on, deletes nothing',
    inWorld(async (world) => {
      const { fake, temporal, attempt } = world;
      const first = await working(world, { onCancel: 'keep' });
      first.end('workerShutdown');
      await first.result.catch(() => undefined);
      fake.plan('read', { answer: 503, retryAfter: 0 }, { times: 1_000 });
      temporal.standing = 'cancelled';
      const second = attempt({ ...SPEC, onCancel: 'keep' });
      second.end('cancelRequested');
      await assert.rejects(second.result, CompleteAsyncError);
      assert.equal(temporal.cancelled?.cleanup?.gone, false);
      assert.deepEqual([fake.left().length, fake.count('delete')], [1, 0]);
    }),
  );

  test(
    'when its end was recorded already ends as that says, also against a cancel',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(hello);
      const { exitCode } = await attempt().result;
      temporal.standing = 'cancelled';
      assert.equal((await attempt().result).exitCode, exitCode);
    }),
  );
});
