/** What the heartbeat timeout of a worker changes, and what it must not, on a real server behind a proxy that counts. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import { readStack } from '../../local/stack.ts';
import { refOf } from '../../src/pod/identity.ts';
import type { PodResult } from '../../src/contract/index.ts';
import { TemporalProxy } from '../chaos/proxy.ts';
import { isRunning, real, type Real } from '../support/real.ts';

let world: Real;
before(async () => {
  world = await real();
});
after(async () => {
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

async function behindProxy(): Promise<{ proxy: TemporalProxy; env: (timeout: string) => Record<string, string> }> {
  const proxy = new TemporalProxy(readStack()?.temporal.address ?? '', () => undefined);
  await proxy.open();
  return {
    proxy,
    env: (timeout) => ({
      TEMPORAL_ADDRESS: `127.0.0.1:${proxy.wire.port}`,
      TEMPORAL_PODS_HEARTBEAT_TIMEOUT: timeout,
    }),
  };
}

/** Seconds, as the history says it. */
async function heartbeatTimeout(run: WorkflowHandle): Promise<number | undefined> {
  const { events } = await run.fetchHistory();
  const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: it }) => it ?? [])[0];
  return scheduled && Number(scheduled.heartbeatTimeout?.seconds);
}

const HEARTBEAT = 'RecordActivityTaskHeartbeat';
const counting = (count: number) => `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo $i; sleep 1; done`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

suite('the heartbeat timeout of a worker', { concurrency: 3, timeout: 240_000 }, () => {
  test('a cancel reaches the pod long before the next heartbeat', async (t) => {
    const { proxy, env } = await behindProxy();
    const lane = world.lane('beat-cancel');
    const worker = await lane.worker({ env: env('10m') });
    const run = await lane.start(world.shell("trap 'exit 0' TERM; echo begun; while :; do usleep 50000; done"));
    await lane.printed(run, 'begun');
    assert.equal(await heartbeatTimeout(run), 600);
    const at = Date.now();
    await run.cancel();
    await lane.podOf(run, ({ metadata }) => metadata?.deletionTimestamp !== undefined);
    t.diagnostic(`cancel to DELETE: at most ${Date.now() - at} ms`);
    const error: unknown = await run.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
    assert.deepEqual(await lane.pods(run), []);
    t.diagnostic(`heartbeats: ${proxy.calls.get(HEARTBEAT)}`);
    await worker.kill('SIGTERM');
    await proxy.close();
  });

  for (const timeout of ['10s', '10m'])
    test(`a connection that is silently dead for a minute, with ${timeout}: one pod, every line once`, async () => {
      const { proxy, env } = await behindProxy();
      const lane = world.lane(`beat-dead-${timeout}`);
      const worker = await lane.worker({ env: env(timeout) });
      const run = await lane.start(world.shell(counting(40)));
      await lane.printed(run, '3');
      const { uid } = refOf(await lane.podOf(run, isRunning));
      proxy.wire.partition();
      await sleep(60_000);
      assert.deepEqual(
        (await lane.pods(run)).map((pod) => refOf(pod).uid),
        [uid],
        'it waits for its end to be recorded',
      );
      proxy.wire.heal();
      const result = (await run.result()) as PodResult;
      assert.equal(result.pod.uid, uid);
      assert.deepEqual(await lane.lines(run), numbers(40));
      assert.deepEqual(await lane.pods(run), []);
      await worker.kill('SIGTERM');
      await proxy.close();
    });
});
