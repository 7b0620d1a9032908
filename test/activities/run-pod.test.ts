import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { podManifest } from '../../src/pod/manifest.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import { FakeTemporal } from '../support/fake-temporal.ts';
import { failureOf, inWorld, linesOf, SPEC } from '../support/pods.ts';
import { podName } from '../../src/pod/identity.ts';
import { KEY, roundTrips } from './support.ts';

const say =
  (line: string, exitCode = 0) =>
  (pod: FakePod) => {
    pod.run();
    pod.print(line);
    pod.finish({ exitCode });
  };
/** Runs until it is told to stop, and then ends as it likes. */
const obey = (exitCode: number, line?: string) => async (pod: FakePod) => {
  pod.run();
  pod.print('begun');
  await pod.terminating;
  if (line) pod.print(line);
  pod.finish({ exitCode });
};

suite('the life of one pod', () => {
  test(
    'a pod runs once, its result and log come back, and it is gone',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.print('hello');
        pod.finish({ exitCode: 0, message: '{"rows": 3}' });
      });
      const result = await attempt().result;
      assert.deepEqual(result.output, { rows: 3 });
      assert.equal(result.exitCode, 0);
      assert.deepEqual(result.cleanup, { gone: true });
      assert.deepEqual(await linesOf(result), ['hello']);
      assert.equal(result.logs.tail.trim(), 'hello');
      assert.deepEqual(fake.left(), []);
      assert.deepEqual(fake.created, [result.pod.uid]);
    }),
  );

  test(
    'no container runs before Temporal has acknowledged the uid',
    inWorld(async (here) => {
      const { fake, temporal, attempt } = here;
      fake.script(say('hello'));
      const { promise, resolve } = Promise.withResolvers<void>();
      const running = attempt();
      await fake.until(() => fake.count('list') > 0);
      temporal.silence = promise;
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      // The uid is sent, and not acknowledged: what does not wait for that asks for something now.
      await roundTrips(here);
      assert.equal(fake.count('patch'), 0);
      assert.deepEqual(fake.ran, []);
      resolve();
      const { pod } = await running.result;
      assert.deepEqual(fake.ran, [pod.uid]);
    }),
  );

  test(
    'a failed container fails the task with its exit code, its last lines and what to do, and is gone',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('no such table', 3));
      const { error, details } = await failureOf(attempt());
      assert.equal(error.type, 'ContainerFailed');
      assert.equal(error.nonRetryable, true);
      assert.equal(details.exitCode, 3);
      assert.deepEqual(details.cleanup, { gone: true });
      assert.match(error.message, /ended with exit code 3[\s\S]*to do: [\s\S]*no such table/);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'a result that is not JSON fails, and says how it begins',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.finish({ exitCode: 0, message: 'done!' });
      });
      const { error } = await failureOf(attempt({ ...SPEC, result: { from: 'terminationMessage' } }));
      assert.equal(error.type, 'ResultInvalid');
      assert.match(error.message, /begins with: done!/);
    }),
  );

  test(
    'a sidecar that never ends does not keep the task from its end',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.finish({ container: 'base', exitCode: 0 });
      });
      const template = { spec: { containers: [{ name: 'proxy', image: 'proxy:1' }] } };
      const result = await attempt({ ...SPEC, template }).result;
      assert.equal(result.exitCode, 0);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'a bad spec is refused by name and value before the cluster is asked anything',
    inWorld(async ({ fake, attempt }) => {
      const { error, details } = await failureOf(attempt({ ...SPEC, env: { A: 5 as unknown as string } }));
      assert.equal(error.type, 'InvalidSpec');
      assert.match(error.message, /env\.A: must be a string, got 5/);
      assert.deepEqual(details.cleanup, { gone: true });
      assert.equal(fake.requests.length, 0);
    }),
  );
});

suite('a create that goes wrong', () => {
  test(
    'a lost answer does not lead to a second pod',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('hello'));
      fake.plan('create', 'lose answer');
      const result = await attempt().result;
      assert.deepEqual(fake.created, [result.pod.uid]);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'a create that is still under way when it times out does not lead to a second pod',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('hello'));
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('create', { doAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('read') > 0);
      resolve();
      const result = await running.result;
      assert.deepEqual(fake.created, [result.pod.uid]);
      assert.deepEqual(fake.ran, [result.pod.uid]);
    }),
  );

  test(
    'errors that pass are waited for when a pod is created: 503, a quota that frees up',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('hello'));
      fake.plan('create', { answer: 503, retryAfter: 0 });
      fake.plan('create', { answer: 403, message: 'pods "x" is forbidden: exceeded quota: q' });
      const result = await attempt().result;
      assert.equal(result.exitCode, 0);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'errors that pass are waited for later: 500, 429',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('hello'));
      fake.plan('read', { answer: 500 });
      fake.plan('patch', { answer: 429, retryAfter: 0 });
      fake.plan('delete', { answer: 500 });
      const result = await attempt().result;
      assert.equal(result.exitCode, 0);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'a lost answer to the DELETE still ends in a pod that is seen to be gone',
    inWorld(async ({ fake, attempt }) => {
      fake.script(say('hello'));
      fake.plan('delete', 'lose answer');
      assert.deepEqual((await attempt().result).cleanup, { gone: true });
    }),
  );

  test(
    'no permission is final, in the API server’s words, and there is nothing to clean up',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('create', { answer: 403 });
      const { error, details } = await failureOf(attempt());
      assert.equal(error.type, 'Forbidden');
      assert.match(error.message, /cannot do this/);
      assert.deepEqual(details.cleanup, { gone: true });
    }),
  );

  test(
    'a stranger’s pod of our name is refused, and never touched',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const first = attempt();
      await fake.until(() => fake.left().length === 1);
      const name = fake.left()[0] as string;
      first.end('workerShutdown');
      await assert.rejects(first.result);
      fake.remove(name);
      await dependencies.cluster.createPod('n', {
        metadata: { name },
        spec: { containers: [{ name: 'base', image: 'theirs' }] },
      });
      const deletes = fake.count('delete');
      assert.equal((await failureOf(new FakeTemporal().attempt(dependencies, SPEC))).error.type, 'PodNameConflict');
      assert.equal(fake.count('delete'), deletes);
      assert.deepEqual(fake.left(), [name]);
    }),
  );
});

suite('a workflow reset', () => {
  /** A pod of the same activity in an earlier run of the same workflow. */
  const leftBehind = (runId: string) =>
    podManifest(SPEC, {
      namespace: 'n',
      task: 'orders',
      try: 1,
      key: { temporalNamespaceId: 'ns-1', workflowId: 'sales', runId, activityId: 'orders-1' },
      deadline: 0,
      activeDeadlineSeconds: 60,
    });

  test(
    'starts the activity in a new run: the old run’s pod is gone before the new one is created',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      fake.script(say('hello'));
      await dependencies.cluster.createPod('n', leftBehind('run-0'));
      temporal.run.status = 'TERMINATED';
      const result = await attempt().result;
      assert.deepEqual(fake.ran, [result.pod.uid]);
      assert.deepEqual(fake.left(), []);
      const verbs = fake.requests.map(({ verb }) => verb);
      assert.ok(verbs.indexOf('delete') < verbs.lastIndexOf('create'));
    }),
  );

  test(
    'leaves a pod whose run is open alone',
    inWorld(async ({ fake, attempt, dependencies }) => {
      fake.script(say('hello'));
      const { metadata } = await dependencies.cluster.createPod('n', leftBehind('run-0'));
      await attempt().result;
      assert.deepEqual(fake.left(), [metadata?.name]);
    }),
  );
});

suite('a cancel that somebody asked for', () => {
  test(
    'deletes the pod, keeps its last words, sees it gone, and reports that',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(obey(143, 'stopped in good order'));
      const running = attempt();
      await fake.until(() => fake.ran.length === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await assert.rejects(running.result, CompleteAsyncError);
      assert.deepEqual(temporal.cancelled?.cleanup, { gone: true });
      assert.deepEqual(fake.left(), []);
      const { logs } = temporal.cancelled as unknown as { logs: { uri: string } };
      assert.deepEqual(await linesOf({ logs } as never), ['begun', 'stopped in good order']);
    }),
  );

  test(
    'is seen by asking Temporal when the pod is deleted under us, and is then no PodDeleted',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      fake.script(obey(0));
      const running = attempt();
      await fake.until(() => fake.ran.length === 1);
      temporal.standing = 'cancelled';
      const { uid = '', name = '' } = fake.pod(fake.left()[0] as string).metadata ?? {};
      await dependencies.cluster.deletePod({ namespace: 'n', name, uid });
      await assert.rejects(running.result, CompleteAsyncError);
      assert.deepEqual(temporal.cancelled?.cleanup, { gone: true });
    }),
  );

  test(
    'before the create creates nothing',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.standing = 'cancelled';
      await assert.rejects(attempt().result, CompleteAsyncError);
      assert.equal(fake.count('create'), 0);
      assert.equal(temporal.cancelled?.cleanup?.gone, false, 'a 404 is no proof while a create may be under way');
    }),
  );

  test(
    'while the create is under way deletes what it created, which never ran',
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('create', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.created.length === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      resolve();
      await assert.rejects(running.result, CompleteAsyncError);
      assert.deepEqual(temporal.cancelled?.cleanup, { gone: true });
      assert.deepEqual(fake.left(), []);
      assert.deepEqual(fake.ran, []);
    }),
  );

  test(
    'that comes after the end was recorded changes nothing: the result stands',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(say('hello'));
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('delete', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('delete') === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      resolve();
      assert.equal((await running.result).exitCode, 0);
      assert.deepEqual(fake.left(), []);
    }),
  );
});

suite('an attempt that ends without a cancel', () => {
  for (const flag of ['workerShutdown', 'paused', 'reset'] as const)
    test(
      `${flag}: leaves the pod; the next attempt adopts it, and every line is there once`,
      inWorld(async ({ fake, temporal, attempt }) => {
        const first = attempt();
        await fake.until(() => fake.count('patch') === 1);
        const name = fake.left()[0] as string;
        fake.run(name);
        fake.print(name, 'base', 'one');
        await fake.until(() => fake.open('log') === 1);
        first.end(flag);
        await assert.rejects(first.result, CancelledFailure);
        assert.deepEqual(fake.left(), [name]);
        fake.print(name, 'base', 'two');
        const second = attempt();
        await fake.until(() => fake.open('log') === 1);
        fake.print(name, 'base', 'three');
        fake.finish(name, { exitCode: 0 });
        const result = await second.result;
        assert.deepEqual(await linesOf(result), ['one', 'two', 'three']);
        assert.equal(result.logs.lines, 3);
        assert.deepEqual(fake.created, [result.pod.uid]);
        assert.ok(temporal.recorded?.ended);
      }),
    );

  const rows: [law: string, flags: ('timedOut' | 'notFound')[], run: object, left: number][] = [
    ['timed out while the run goes on: leaves it', ['timedOut', 'notFound'], {}, 1],
    [
      'timed out, and the run was terminated meanwhile: deletes it',
      ['timedOut', 'notFound'],
      { status: 'TERMINATED' },
      0,
    ],
    ['not found, the run goes on without this activity: deletes it', ['notFound'], { pending: false }, 0],
    ['not found, superseded by another attempt: leaves it', ['notFound'], {}, 1],
    ['not found, and Temporal does not answer: leaves it', ['notFound'], { answers: false }, 1],
  ];
  for (const [law, flags, run, left] of rows)
    test(
      law,
      inWorld(async ({ fake, temporal, attempt }) => {
        fake.script(obey(143));
        const running = attempt();
        await fake.until(() => fake.ran.length === 1);
        Object.assign(temporal.run, run);
        running.end(...flags);
        await assert.rejects(running.result, CancelledFailure);
        assert.equal(fake.left().length, left);
      }),
    );

  test(
    'an attempt that comes after the activity is over touches nothing',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.standing = 'notFound';
      const late = attempt();
      await new Promise(setImmediate);
      late.end('notFound');
      await assert.rejects(late.result, CancelledFailure);
      assert.equal(fake.count('create') + fake.count('delete') + fake.count('patch'), 0);
    }),
  );

  test(
    'a uid that Temporal refuses to record never runs',
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('create', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.created.length === 1);
      temporal.standing = 'notFound';
      temporal.run.status = 'TERMINATED';
      resolve();
      await temporal.until(() => temporal.heartbeats.some(({ pod }) => pod !== undefined));
      running.end('notFound');
      await assert.rejects(running.result, CancelledFailure);
      assert.deepEqual(fake.ran, []);
      assert.deepEqual(fake.left(), [], 'its run is closed, so the pod goes');
    }),
  );
});

suite('a recorded end', () => {
  test(
    'is all the next attempt needs: it deletes the pod and returns the result',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(say('hello'));
      fake.plan('delete', 'hang');
      const first = attempt();
      await fake.until(() => fake.count('delete') === 1);
      first.end('workerShutdown');
      const early = await first.result;
      assert.equal(early.cleanup.gone, false);
      assert.equal(fake.left().length, 1);
      const logReads = fake.count('log');
      const { cleanup, pod } = await attempt().result;
      assert.deepEqual(cleanup, { gone: true });
      assert.equal(fake.count('log'), logReads);
      assert.deepEqual(fake.created, [pod.uid]);
      assert.ok(temporal.recorded?.ended);
    }),
  );

  test(
    'comes before the DELETE, and no later heartbeat says less',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(say('hello'));
      const { promise, resolve } = Promise.withResolvers<void>();
      const running = attempt();
      await fake.until(() => fake.ran.length === 1);
      temporal.silence = promise;
      await fake.until(() => fake.count('log') > 0);
      assert.equal(fake.count('delete'), 0);
      resolve();
      await running.result;
      const first = temporal.heartbeats.findIndex(({ ended }) => ended !== undefined);
      assert.ok(first >= 0 && temporal.heartbeats.slice(first).every(({ ended }) => ended !== undefined));
    }),
  );

  test(
    'that is refused deletes nothing: another attempt may still be reading',
    inWorld(async ({ fake, temporal, attempt }) => {
      const running = attempt();
      await fake.until(() => fake.count('patch') === 1);
      const name = fake.left()[0] as string;
      fake.run(name);
      temporal.standing = 'notFound';
      fake.finish(name, { exitCode: 0 });
      await temporal.until(() => temporal.heartbeats.some(({ ended }) => ended !== undefined));
      running.end('notFound');
      await assert.rejects(running.result, CancelledFailure);
      assert.deepEqual(fake.left(), [name]);
    }),
  );
});

suite('a pod that others take away', () => {
  test(
    'deleted while it ran, trapping TERM and ending with 0: no success',
    inWorld(async ({ fake, attempt, dependencies }) => {
      fake.script(obey(0));
      const running = attempt();
      await fake.until(() => fake.ran.length === 1);
      const { uid = '', name = '' } = fake.pod(fake.left()[0] as string).metadata ?? {};
      await dependencies.cluster.deletePod({ namespace: 'n', name, uid });
      const { error, details } = await failureOf(running);
      assert.equal(error.type, 'PodDeleted');
      assert.equal(details.startedEver, true);
    }),
  );

  test(
    'gone from one moment to the next: PodDeleted, and never created again',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => pod.run());
      const running = attempt();
      await fake.until(() => fake.open('log') === 1);
      fake.remove(fake.left()[0] as string);
      const { error } = await failureOf(running);
      assert.equal(error.type, 'PodDeleted');
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'gone while no worker was there: PodDeleted, and never created again',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => pod.run());
      const first = attempt();
      await fake.until(() => fake.ran.length === 1);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      fake.remove(fake.left()[0] as string);
      assert.equal((await failureOf(attempt())).error.type, 'PodDeleted');
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'evicted: PodDisrupted, in the kubelet’s words',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.evict();
      });
      const { error } = await failureOf(attempt());
      assert.equal(error.type, 'PodDisrupted');
      assert.match(error.message, /Evicted[\s\S]*low on resource/);
    }),
  );

  test(
    'another cluster than the recorded one is refused, never taken for a deleted pod',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.recorded = { v: 1, cluster: 'another', pod: { namespace: 'n', name: podName('orders', KEY), uid: 'u' } };
      const { error } = await failureOf(attempt());
      assert.equal(error.type, 'OtherCluster');
      assert.notEqual(error.nonRetryable, true);
      assert.equal(fake.requests.length, 0);
    }),
  );
});

suite('deadlines', () => {
  test(
    'a pod that gets no node in time is stopped, and the failure says why it waited',
    inWorld(
      async ({ fake, attempt }) => {
        const running = attempt({ ...SPEC, timeouts: { schedule: '1h' } });
        const { error, details } = await failureOf(running);
        assert.equal(error.type, 'ScheduleTimeout');
        assert.equal(details.startedEver, false);
        assert.deepEqual(fake.left(), []);
      },
      // Scheduled an hour ago: attempts do not start the clock again.
      { age: 3_600_000 - 300 },
    ),
  );

  test(
    'a pod that runs too long is stopped, its last words are kept, and nothing of it is a success',
    inWorld(async ({ fake, attempt }) => {
      fake.script(obey(0, 'interrupted'));
      const { error, details } = await failureOf(attempt({ ...SPEC, timeouts: { run: '100ms' } }));
      assert.equal(error.type, 'DeadlineExceeded');
      assert.deepEqual(await linesOf({ logs: details.logs } as never), ['begun', 'interrupted']);
      assert.deepEqual(fake.left(), []);
    }),
  );
});
