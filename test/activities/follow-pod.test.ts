import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1ContainerState } from '@kubernetes/client-node';
import { pause } from '../../src/common/pause.ts';
import type { PodCallbacks, PodSpec } from '../../src/contract/index.ts';
import type { FakeCluster, FakePod } from '../support/fake-cluster.ts';
import { failureOf, inWorld, SPEC } from '../support/pods.ts';
import { podOf } from './support.ts';

const succeed = (pod: FakePod) => {
  pod.run();
  pod.finish({ exitCode: 0 });
};

/** The pod got its node, and its main container is like this. */
function wait(fake: FakeCluster, { name }: FakePod, state: V1ContainerState): void {
  fake.edit(name, (pod) => {
    pod.status = {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: new Date() }],
      containerStatuses: [{ name: 'base', image: '', imageID: '', ready: false, restartCount: 0, state }],
    };
  });
}

/** Registers callbacks as `mine`, and asks for them. */
const withCallbacks = (dependencies: { callbacks: unknown }, mine: PodCallbacks) => {
  Object.assign(dependencies, { callbacks: { mine } });
  return { ...SPEC, callbacks: ['mine'] };
};

suite('onStart', () => {
  test(
    'is called once, when the main container runs, and before onEnd',
    inWorld(async ({ fake, dependencies, attempt }) => {
      const calls: string[] = [];
      const spec = withCallbacks(dependencies, {
        onStart: (pod) => void calls.push(`start ${pod.status?.phase}`),
        onEnd: () => void calls.push('end'),
      });
      fake.script(async (pod) => {
        pod.run();
        await fake.until(() => calls.length === 1);
        pod.finish({ exitCode: 0 });
      });
      await attempt(spec).result;
      assert.deepEqual(calls, ['start Running', 'end']);
    }),
  );

  test(
    'is called also when the main container ran and ended between two looks',
    inWorld(async ({ fake, dependencies, attempt }) => {
      const calls: string[] = [];
      const spec = withCallbacks(dependencies, {
        onStart: () => void calls.push('start'),
        onEnd: () => void calls.push('end'),
      });
      fake.script(succeed);
      await attempt(spec).result;
      assert.deepEqual(calls, ['start', 'end']);
    }),
  );

  test(
    'that does not return holds nothing up: the pod is followed meanwhile; what it throws in the end is told',
    inWorld(async ({ fake, dependencies, attempt }) => {
      const slow = Promise.withResolvers<void>();
      const spec = withCallbacks(dependencies, { onStart: () => slow.promise });
      fake.script(async (pod) => {
        succeed(pod);
        // Its end has been judged by then.
        await fake.until(() => fake.count('events') > 0);
        slow.reject(new Error('too slow'));
      });
      const { problems } = await attempt(spec).result;
      assert.match(problems?.join() ?? '', /mine\.onStart.*too slow/);
    }),
  );

  test(
    'is waited for before the end is told',
    inWorld(async ({ fake, dependencies, attempt }) => {
      const calls: string[] = [];
      const end = Promise.withResolvers<void>();
      const spec = withCallbacks(dependencies, {
        async onStart() {
          // Long enough for an end that would not wait.
          await Promise.race([end.promise, pause(1_000)]);
          calls.push('started');
        },
        onEnd() {
          calls.push('end');
          end.resolve();
        },
      });
      fake.script(succeed);
      await attempt(spec).result;
      assert.deepEqual(calls, ['started', 'end']);
    }),
  );

  test(
    'is not called for a pod that never ran',
    inWorld(async ({ fake, dependencies, attempt }) => {
      let called = false;
      const spec = withCallbacks(dependencies, { onStart: () => void (called = true) });
      fake.script((pod) => wait(fake, pod, { waiting: { reason: 'InvalidImageName', message: 'no such name' } }));
      const { error } = await failureOf(attempt(spec));
      assert.equal(error.type, 'InvalidImage');
      assert.equal(called, false);
    }),
  );
});

suite('what only events tell', () => {
  test(
    'a pod that waits in silence shows the last warning about it while it waits, and no longer',
    inWorld(async ({ fake, temporal, attempt }) => {
      const shown = () => temporal.heartbeats.at(-1)?.reason ?? '';
      fake.script(async (pod) => {
        fake.event(pod.name, { type: 'Warning', reason: 'FailedMount', message: 'secret "db" not found' });
        wait(fake, pod, { waiting: { reason: 'ContainerCreating' } });
        await temporal.until(() => shown() === 'FailedMount: secret "db" not found');
        pod.run();
        await temporal.until(() => shown() === 'Running');
        pod.finish({ exitCode: 0 });
      });
      const { outcome } = await attempt({ ...SPEC, timeouts: { start: '3s' } }).result;
      assert.equal(outcome, 'Succeeded');
    }),
  );

  test(
    'a pod that starts at once is asked for its events at its good end alone',
    inWorld(async ({ fake, attempt }) => {
      fake.script(succeed);
      await attempt().result;
      assert.equal(fake.count('events'), 1);
    }),
  );

  test(
    'a late start carries the words of the last warning',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        fake.event(pod.name, { type: 'Warning', reason: 'FailedMount', message: 'configmap "settings" not found' });
        wait(fake, pod, { waiting: { reason: 'ContainerCreating' } });
      });
      const { error, details } = await failureOf(attempt({ ...SPEC, timeouts: { start: '1s' } }));
      assert.deepEqual([error.type, details.reason], ['StartTimeout', 'FailedMount']);
      assert.match(error.message, /timeouts\.start \(1s\) passed; last heard: configmap "settings" not found/);
    }),
  );

  test(
    'exit code 0 of a container that its node had stopped is no success',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        fake.event(pod.name, { type: 'Warning', reason: 'Evicted', message: 'the node was low on memory' });
        fake.event(pod.name, { reason: 'Killing', message: 'Stopping container base' });
        pod.finish({ exitCode: 0 });
      });
      const { error, details } = await failureOf(attempt());
      assert.deepEqual([error.type, details.reason, details.exitCode], ['PodDisrupted', 'Evicted', 0]);
    }),
  );

  const stops: [
    why: string,
    events: { reason: string; message: string; container?: string }[],
    type: string,
    reason: string,
  ][] = [
    [
      'since its postStart hook failed',
      [
        { reason: 'FailedPostStartHook', message: 'PostStartHook failed', container: 'base' },
        { reason: 'Killing', message: 'FailedPostStartHook', container: 'base' },
      ],
      'ContainerFailed',
      'FailedPostStartHook',
    ],
    [
      'since a probe failed',
      [
        { reason: 'Unhealthy', message: 'Liveness probe failed: ', container: 'base' },
        { reason: 'Killing', message: 'Stopping container base', container: 'base' },
      ],
      'ContainerFailed',
      'Unhealthy',
    ],
    [
      'for a reason that we have never heard of',
      [{ reason: 'Killing', message: 'Container base definition changed, will be restarted', container: 'base' }],
      'PodDisrupted',
      'Killing',
    ],
    [
      'and the event does not say which container it was',
      [{ reason: 'Killing', message: 'PodSandbox changed, it will be killed and re-created.' }],
      'PodDisrupted',
      'Killing',
    ],
  ];
  for (const [why, events, type, reason] of stops)
    for (const exitCode of [0, 137])
      test(
        `a container that its node had stopped ${why} has not succeeded, nor failed by itself (exit code ${exitCode})`,
        inWorld(async ({ fake, attempt }) => {
          fake.script((pod) => {
            pod.run();
            for (const event of events) fake.event(pod.name, event);
            pod.finish({ exitCode });
          });
          const { error, details } = await failureOf(attempt());
          assert.deepEqual([error.type, details.reason, details.exitCode], [type, reason, exitCode]);
        }),
      );

  test(
    'the stop of another container is no reason against a success',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        fake.event(pod.name, { reason: 'Killing', message: 'Stopping container proxy', container: 'proxy' });
        pod.finish({ exitCode: 0 });
      });
      assert.equal((await attempt().result).outcome, 'Succeeded');
    }),
  );

  const stopped = (fake: FakeCluster) => (pod: FakePod) => {
    pod.run();
    fake.event(pod.name, { reason: 'Killing', message: 'Stopping container base', container: 'base' });
    pod.finish({ exitCode: 0 });
  };
  for (const fault of [{ answer: 500 }, { answer: 429, retryAfter: 0 }, 'lose answer'] as const)
    test(
      `is asked for again when it could not be read: ${JSON.stringify(fault)}`,
      inWorld(async ({ fake, attempt }) => {
        fake.script(stopped(fake));
        fake.plan('events', fault);
        assert.equal((await failureOf(attempt())).error.type, 'PodDisrupted');
      }),
    );

  for (const [what, fault] of [
    ['not at all', { answer: 500 }],
    ['since the worker may not', { answer: 403 }],
  ] as const)
    test(
      `and cannot be read (${what}): a success that rests on it is none, and a failure says so`,
      inWorld(async ({ fake, attempt }) => {
        fake.script(succeed);
        fake.plan('events', fault, { times: 1_000 });
        // Also where no events are wanted for a reader: which would ask for them once more.
        const spec: PodSpec = { ...SPEC, events: 'never', timeouts: { drain: '1s' } };
        const { error, details } = await failureOf(attempt(spec));
        assert.equal(error.type, 'OutcomeUnknown');
        assert.equal(details.exitCode, 0);
        assert.match(error.message, /events.*could not be read/);
      }),
    );

  test(
    'and that cannot be read after a failure are told as missing, not as none',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.finish({ exitCode: 3 });
      });
      fake.plan('events', { answer: 403 }, { times: 1_000 });
      const { error, details } = await failureOf(attempt());
      assert.equal(error.type, 'ContainerFailed');
      assert.equal(details.events, undefined);
      assert.match(details.problems?.join() ?? '', /its events could not be read/);
    }),
  );
});

test(
  'trouble is remembered for the next attempt: its grace does not begin anew',
  inWorld(async ({ fake, temporal, attempt }) => {
    fake.script((pod) => wait(fake, pod, { waiting: { reason: 'ErrImagePull', message: 'i/o timeout' } }));
    const spec = { ...SPEC, timeouts: { imagePull: '1s' } };
    const first = attempt(spec);
    await temporal.until(() => temporal.recorded?.trouble !== undefined);
    const since = temporal.recorded?.trouble?.since;
    first.end('workerShutdown');
    await first.result.catch(() => undefined);
    const { error } = await failureOf(attempt(spec));
    assert.equal(error.type, 'ImagePullFailed');
    assert.ok(temporal.heartbeats.every(({ trouble }) => trouble === undefined || trouble.since === since));
  }),
);

suite('a pod whose API server does not answer until its time is up', () => {
  const ALWAYS = { times: 1_000_000 };
  const spec: PodSpec = { ...SPEC, grace: '1s', timeouts: { total: '1s', terminate: '1ms', drain: '1ms' } };
  const waits = { confirm: 50, events: 50, look: { firstMs: 1, mostMs: 1, tries: 2 } };
  test(
    'fails with what it answers, not with the length of the task',
    inWorld(
      async ({ fake, attempt }) => {
        fake.script((pod) => {
          pod.run();
          for (const verb of ['read', 'list', 'watch', 'events'] as const) fake.plan(verb, { answer: 401 }, ALWAYS);
          fake.cut('watch', 'reset');
          // The verdict is there; its pod may be seen to go.
          void pod.terminating.then(() => fake.calm());
        });
        const { error, details } = await failureOf(attempt(spec));
        assert.deepEqual([error.type, details.reason], ['DeadlineExceeded', 'TotalTimeout']);
        assert.match(details.message ?? '', /Unauthorized \(401\)/);
        assert.match(error.message, /to do: see why the API server/);
        assert.doesNotMatch(error.message, /shorter/);
      },
      { waits, age: 400 },
    ),
  );

  test(
    'says so to the attempt that finds a recorded pod, too',
    inWorld(
      async ({ fake, temporal, attempt, dependencies: { cluster } }) => {
        const { metadata } = await cluster.createPod('n', podOf());
        const pod = { namespace: 'n', name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
        temporal.recorded = { v: 1, cluster: cluster.id, pod };
        fake.plan('read', { answer: 401 }, ALWAYS);
        const { error } = await failureOf(attempt(spec));
        assert.equal(error.type, 'DeadlineExceeded');
        assert.match(error.message, /Unauthorized \(401\)/);
        assert.match(error.message, /to do: see why the API server/);
      },
      { waits, age: 900 },
    ),
  );

  test(
    'is told of the length of the task again when it was read at last',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        fake.plan('read', { answer: 500 });
      });
      const { error, details } = await failureOf(attempt(spec));
      assert.equal(details.message, 'timeouts.total (1s) passed');
      assert.match(error.message, /shorter/);
    }),
  );
});
