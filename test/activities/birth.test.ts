import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { failureOf, inWorld, SPEC } from '../support/pods.ts';
import { hello, podOf } from './support.ts';

const ALWAYS = { times: 1_000_000 };
const AN_HOUR_AGO = { scheduledAt: Date.now() - 3_600_000 };

suite('a birth that waits', () => {
  test(
    'hears a shutdown while the pods cannot be listed',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('list', { answer: 403 }, ALWAYS);
      const running = attempt();
      await fake.until(() => fake.count('list') > 1);
      running.end('workerShutdown');
      await assert.rejects(running.result, CancelledFailure);
    }),
  );

  test(
    'hears a shutdown while the API server is away',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('read', { answer: 500 }, ALWAYS);
      const running = attempt();
      await fake.until(() => fake.count('read') > 1);
      running.end('workerShutdown');
      await assert.rejects(running.result, CancelledFailure);
    }),
  );

  test(
    'gives up when it is too late to start, also while the API server is away',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('read', { answer: 500 }, ALWAYS);
      assert.equal((await failureOf(attempt())).error.type, 'ScheduleTimeout');
    }, AN_HOUR_AGO),
  );

  test(
    'creates nothing for a task that is late already',
    inWorld(async ({ fake, attempt }) => {
      assert.equal((await failureOf(attempt())).error.type, 'ScheduleTimeout');
      assert.equal(fake.count('create'), 0);
    }, AN_HOUR_AGO),
  );

  test(
    'waits for credentials that are refused for a moment',
    inWorld(async ({ fake, attempt }) => {
      fake.script(hello);
      fake.plan('create', { answer: 401 });
      assert.equal((await attempt().result).exitCode, 0);
    }),
  );
});

suite('a birth that is refused for good', () => {
  for (const verb of ['read', 'patch'] as const)
    test(
      `is Forbidden, and does not hang, when it is the ${verb} that is not allowed`,
      inWorld(async ({ fake, attempt }) => {
        fake.plan(verb, { answer: 403 }, ALWAYS);
        const { error } = await failureOf(attempt());
        assert.deepEqual([error.type, error.nonRetryable], ['Forbidden', true]);
      }),
    );

  const rows: [law: string, spec: object][] = [
    ['a time beyond all calendars', { timeouts: { total: 1e16 } }],
    [
      'a template whose env is no list',
      { env: { A: '1' }, template: { spec: { containers: [{ name: 'base', env: {} }] } } },
    ],
    ['a template whose tolerations are no list', { template: { spec: { tolerations: { a: 1 } } } }],
    ['a container that restarts', { template: { spec: { containers: [{ name: 'base', restartPolicy: 'Always' }] } } }],
    ['a namespace that is not served', { namespace: 'elsewhere' }],
  ];
  for (const [law, spec] of rows)
    test(
      `is InvalidSpec, and final: ${law}`,
      inWorld(async ({ fake, attempt }) => {
        const { error } = await failureOf(attempt({ ...SPEC, ...spec }));
        assert.deepEqual([error.type, error.nonRetryable], ['InvalidSpec', true]);
        assert.deepEqual(fake.left(), []);
      }),
    );

  test(
    'says nothing is left only when no earlier attempt can have created a pod',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      temporal.recorded = { v: 1, cluster: dependencies.cluster.id };
      fake.plan('create', { answer: 403 });
      assert.equal((await failureOf(attempt())).details.cleanup, undefined);
    }),
  );
});

suite('an adoption', () => {
  test(
    'is of a uid, not of a name: another pod under the recorded name is not started',
    inWorld(async ({ fake, temporal, attempt, dependencies: { cluster } }) => {
      const { metadata } = await cluster.createPod('n', podOf());
      const pod = { namespace: 'n', name: metadata?.name ?? '', uid: 'u-old' };
      temporal.recorded = { v: 1, cluster: cluster.id, pod };
      assert.equal((await failureOf(attempt())).error.type, 'PodDeleted');
      assert.equal(fake.count('patch'), 0);
    }),
  );

  test(
    'does not depend on empty lists, which the API server leaves out',
    inWorld(async ({ fake, attempt }) => {
      fake.pods.on('change', () => {
        for (const { spec } of fake.pods.all()) delete spec?.containers[0]?.args;
      });
      fake.script(hello);
      fake.plan('create', 'lose answer');
      assert.equal((await attempt({ ...SPEC, args: [] }).result).exitCode, 0);
    }),
  );

  test(
    'is refused to a pod with our key that runs something else',
    inWorld(async ({ attempt, dependencies }) => {
      await dependencies.cluster.createPod('n', podOf(undefined, { ...SPEC, image: 'theirs:1' }));
      assert.equal((await failureOf(attempt())).error.type, 'PodNameConflict');
    }),
  );

  test(
    'is refused to a pod that runs the same, without our key',
    inWorld(async ({ attempt, dependencies }) => {
      const pod = podOf();
      delete pod.metadata?.annotations;
      await dependencies.cluster.createPod('n', pod);
      assert.equal((await failureOf(attempt())).error.type, 'PodNameConflict');
    }),
  );

  test(
    'of a running pod does not ask whether newer rules would admit it',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => pod.run());
      const first = attempt();
      await fake.until(() => fake.open('log') === 1);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      await fake.until(() => fake.open('log') === 0);
      const second = attempt({ ...SPEC, unheardOf: 1 } as typeof SPEC);
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] as string, { exitCode: 0 });
      assert.equal((await second.result).exitCode, 0);
    }),
  );
});

suite('a cancel at the first act', () => {
  test(
    'confirms nothing in another cluster than the pod’s',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.recorded = { v: 1, cluster: 'another', pod: { namespace: 'n', name: 'x', uid: 'u' } };
      temporal.standing = 'cancelled';
      await assert.rejects(attempt().result, CompleteAsyncError);
      assert.equal(temporal.cancelled?.cleanup?.gone, false);
      assert.equal(fake.count('delete'), 0);
    }),
  );

  test(
    'leaves a stranger’s pod of our name alone',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const pod = podOf();
      delete pod.metadata?.annotations;
      await dependencies.cluster.createPod('n', pod);
      temporal.standing = 'cancelled';
      await assert.rejects(attempt().result, CompleteAsyncError);
      assert.equal(fake.count('delete'), 0);
    }),
  );
});
