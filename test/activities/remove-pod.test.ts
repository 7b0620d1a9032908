import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import { isSettled } from '../../src/contract/index.ts';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { removePod } from '../../src/activities/remove-pod.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { failureOf, inWorld, SPEC } from '../support/pods.ts';
import { hello, opened, roundTrips, withSidecar } from './support.ts';

/** The grace that the first DELETE asked for. */
const graceOf = (fake: FakeCluster) =>
  (JSON.parse(fake.requests.find(({ verb }) => verb === 'delete')?.body || '{}') as { gracePeriodSeconds?: number })
    .gracePeriodSeconds;

suite('the end of a pod', () => {
  test('is a fact about a uid: another pod under the name does not count', async () => {
    const cluster = { deletePod: async () => 'deleting', readPod: async () => ({ metadata: { uid: 'u-2' } }) };
    const removal = { expectSeconds: 0, signal: AbortSignal.timeout(2_000) };
    const ref = { namespace: 'n', name: 'x', uid: 'u-1' };
    assert.deepEqual(await removePod(cluster as unknown as Cluster, ref, removal), { gone: true });
  });

  test('is ordered also by one who may not wait for it', async () => {
    let ordered = 0;
    const cluster = {
      deletePod: async () => (ordered++, 'deleting'),
      readPod: async () => ({ metadata: { uid: 'u' } }),
    };
    const removal = { expectSeconds: 30, signal: AbortSignal.abort() };
    const { gone } = await removePod(cluster as unknown as Cluster, { namespace: 'n', name: 'x', uid: 'u' }, removal);
    assert.deepEqual([ordered, gone], [1, false]);
  });

  for (const [grace, sent] of [
    ['60s', 5],
    ['2s', 2],
    ['1s', 1],
  ] as const)
    test(
      `gives sidecars at most 5 s and never 0 when the main container has ended: ${grace}`,
      inWorld(async ({ fake, attempt }) => {
        fake.script((pod) => {
          pod.run();
          pod.finish({ container: 'base', exitCode: 0 });
        });
        await attempt({ ...SPEC, grace, template: withSidecar }).result;
        assert.equal(graceOf(fake), sent);
      }),
    );

  test(
    'has not come when the DELETE was accepted',
    inWorld(async ({ fake, temporal, attempt }) => {
      const running = attempt();
      const name = await opened(fake);
      fake.schedule(name);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await fake.until(() => fake.count('delete') === 1);
      const reads = fake.count('read');
      await fake.until(() => fake.count('read') >= reads + 2);
      const early = temporal.cancelled;
      fake.remove(name);
      await assert.rejects(running.result, CompleteAsyncError);
      assert.equal(early, undefined);
      assert.deepEqual(temporal.cancelled?.cleanup, { gone: true });
    }),
  );

  test(
    'is waited for as long as timeouts.terminate says, and left to the workflow’s cleanup then',
    { timeout: 20_000 },
    inWorld(async ({ fake, temporal, attempt }) => {
      const running = attempt({ ...SPEC, grace: '1s', timeouts: { terminate: '1ms' } });
      fake.schedule(await opened(fake));
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await assert.rejects(running.result, CompleteAsyncError);
      assert.equal(temporal.cancelled?.cleanup?.gone, false);
    }),
  );

  test(
    'that runs comes with its own grace',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script((pod) => pod.run());
      const running = attempt({ ...SPEC, grace: '60s' });
      await fake.until(() => fake.open('log') === 1);
      temporal.standing = 'cancelled';
      running.end('cancelRequested');
      await assert.rejects(running.result, CompleteAsyncError);
      assert.equal(graceOf(fake), undefined);
    }),
  );

  test(
    'that is recorded still tells its log to the attempt that only cleans up',
    inWorld(async ({ fake, attempt }) => {
      fake.script(hello);
      fake.plan('delete', 'hang');
      const first = attempt();
      await fake.until(() => fake.count('delete') === 1);
      first.end('workerShutdown');
      await first.result;
      const { logs } = await attempt().result;
      assert.deepEqual(fake.left(), []);
      assert.deepEqual([logs.lines, logs.tail.trim()], [1, 'hello']);
    }),
  );

  test(
    'is not undone by a cancel that comes while it is being recorded',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(hello);
      const running = attempt();
      await temporal.until(() => temporal.heartbeats.some(({ ended }) => ended !== undefined));
      temporal.standing = 'cancelled';
      assert.equal((await running.result).exitCode, 0);
    }),
  );
});

test(
  'a pod whose end is recorded is left alone by an attempt that Temporal does not know any more',
  inWorld(async (here) => {
    const { fake, temporal, attempt } = here;
    fake.script(hello);
    fake.plan('delete', 'hang');
    const first = attempt();
    await fake.until(() => fake.count('delete') === 1);
    first.end('workerShutdown');
    await first.result;
    temporal.standing = 'notFound';
    const heard = temporal.heartbeats.length;
    const second = attempt();
    await temporal.until(() => temporal.heartbeats.length > heard + 1);
    await roundTrips(here);
    assert.equal(fake.count('delete'), 1);
    second.end('workerShutdown');
    await second.result.catch(() => undefined);
  }),
);

test(
  'a pod whose end is recorded, and that cannot be read then, is not called gone: the workflow’s cleanup looks for it',
  inWorld(
    async ({ fake, attempt }) => {
      fake.script(hello);
      fake.plan('delete', 'hang');
      const first = attempt();
      await fake.until(() => fake.count('delete') === 1);
      first.end('workerShutdown');
      await first.result;
      fake.plan('read', { answer: 500 }, { times: 1_000 });
      const { cleanup } = await attempt().result;
      assert.equal(cleanup.gone, false);
      assert.match(cleanup.error ?? '', /could not be read/);
    },
    { waits: { look: { firstMs: 1, mostMs: 1, tries: 2 } } },
  ),
);

suite('a pod that somebody’s finalizer keeps', { timeout: 30_000 }, () => {
  const held = ({ metadata }: V1Pod) => Object.assign(metadata ?? {}, { finalizers: ['example.com/hold'] });

  test(
    'and that has ended can run nothing: the task goes on, and says whose finalizer it is',
    inWorld(
      async ({ fake, attempt }) => {
        fake.script((pod) => {
          fake.edit(pod.name, held);
          hello(pod);
        });
        const { outcome, cleanup } = await attempt().result;
        assert.deepEqual([outcome, cleanup.gone, cleanup.over], ['Succeeded', false, true]);
        assert.match(cleanup.error ?? '', /finalizer example\.com\/hold/);
        assert.ok(isSettled(cleanup), 'nothing is left to do about it');
        assert.equal(fake.left().length, 1);
      },
      { waits: { held: 100 } },
    ),
  );

  test(
    'is gone all the same when the finalizer goes in time',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        fake.edit(pod.name, held);
        hello(pod);
        void pod.terminating.then(() => fake.release(pod.name));
      });
      assert.deepEqual((await attempt().result).cleanup, { gone: true });
    }),
  );

  test(
    'and that a failed program left says so in its failure',
    inWorld(
      async ({ fake, attempt }) => {
        fake.script((pod) => {
          fake.edit(pod.name, held);
          pod.run();
          pod.finish({ exitCode: 3 });
        });
        const { error, details } = await failureOf(attempt());
        assert.deepEqual([error.type, details.cleanup?.over], ['ContainerFailed', true]);
        assert.match(error.message, /also: .*finalizer example\.com\/hold/);
      },
      { waits: { held: 100 } },
    ),
  );

  const ref = { namespace: 'n', name: 'x', uid: 'u' };
  const deleted = { uid: 'u', deletionTimestamp: new Date() };
  const finalizers = ['example.com/hold'];
  const spec = { nodeName: 'node-1', containers: [] };
  const rows: [law: string, pod: V1Pod][] = [
    ['still works is not over', { metadata: { ...deleted, finalizers }, status: { phase: 'Running' }, spec }],
    [
      'has ended, and that no finalizer keeps, is about to go',
      { metadata: deleted, status: { phase: 'Failed' }, spec },
    ],
  ];
  for (const [law, pod] of rows)
    test(`a pod that is deleted and ${law}`, async () => {
      const cluster = { deletePod: async () => 'deleting', readPod: async () => pod } as unknown as Cluster;
      const removal = { expectSeconds: 0, confirmMs: 200, heldMs: 50, signal: new AbortController().signal };
      const cleanup = await removePod(cluster, ref, removal);
      assert.deepEqual([cleanup.gone, isSettled(cleanup)], [false, false]);
    });

  test('a pod that is deleted and never had a node is over: none is given to it any more', async () => {
    const pod = { metadata: { ...deleted, finalizers }, status: { phase: 'Pending' }, spec: { containers: [] } };
    const cluster = { deletePod: async () => 'deleting', readPod: async () => pod } as unknown as Cluster;
    const removal = { expectSeconds: 0, heldMs: 50, signal: new AbortController().signal };
    assert.equal((await removePod(cluster, ref, removal)).over, true);
  });
});
