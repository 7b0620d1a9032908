import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { removePod } from '../../src/activities/remove-pod.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { inWorld, SPEC } from '../support/pods.ts';
import { hello, opened, withSidecar } from './support.ts';

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
