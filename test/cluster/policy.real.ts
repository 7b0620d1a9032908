/** A real worker with a policy of its operator: what it refuses is never created, and the failure says why and what would be allowed. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowFailedError } from '@temporalio/client';
import type { PodFailureDetails, PodResult, PodSpec } from '../../src/contract/index.ts';
import { real, type Lane, type Real } from '../support/real.ts';

suite('a worker with a policy', () => {
  let world: Real;
  let lane: Lane;
  before(async () => {
    world = await real();
    lane = world.lane('policy');
    const memory = { limit: '64Mi' };
    await lane.worker({ policy: { images: [world.images.shell], secrets: ['etl-*'], resources: { memory } } });
  });
  after(() => world.close());

  const limits = { resources: { limits: { memory: '64Mi' } } };
  const failureOf = async (spec: PodSpec) => {
    const run = await lane.start(spec);
    const error = (await run.result().catch((thrown: unknown) => thrown)) as WorkflowFailedError;
    const causes = [error.cause];
    while (causes.at(-1)?.cause instanceof Error) causes.push(causes.at(-1)?.cause as Error);
    const cause = causes.at(-1);
    assert.ok(cause instanceof ApplicationFailure, String(error));
    assert.deepEqual(await lane.pods(run), []);
    return { failure: cause, run };
  };

  test('runs what it allows', async () => {
    const run = await lane.start(world.shell('echo hello', limits));
    assert.equal(((await run.result()) as PodResult).logs.tail, 'hello');
  });

  test('creates nothing of what it refuses, and says every reason at once', async () => {
    const { failure } = await failureOf(
      world.shell('true', {
        image: 'evil.example/miner:1',
        serviceAccount: 'somebody',
        env: { KEY: { secretKeyRef: { name: 'admin', key: 'k' } } },
        template: { spec: { hostPID: true, volumes: [{ name: 'root', hostPath: { path: '/' } }] } },
      }),
    );
    const [details] = failure.details as [PodFailureDetails];
    assert.deepEqual([failure.type, failure.nonRetryable, details.cleanup], ['PolicyRefused', true, { gone: true }]);
    for (const line of [
      `images: spec.containers[base].image "evil.example/miner:1" is not allowed; allowed: ${world.images.shell}`,
      'serviceAccounts: spec.serviceAccountName "somebody" is not allowed; allowed: default',
      'secrets: spec.containers[base].env[KEY].valueFrom.secretKeyRef.name "admin" is not allowed; allowed: etl-*',
      'hostPaths: spec.volumes[root].hostPath.path "/" is not allowed; allowed: nothing',
      'hostPID: spec.hostPID true is not allowed; it needs hostPID: true',
      'requireLimits: spec.containers[base].resources.limits.memory (absent) must be there',
    ])
      assert.ok(failure.message.includes(line), failure.message);
  });

  test('does not try again what its policy refuses', async () => {
    const { run } = await failureOf(world.shell('true', { ...limits, image: 'evil.example/miner:1', retries: 3 }));
    const { events = [] } = await run.fetchHistory();
    const scheduled = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    assert.equal(scheduled?.filter((name) => name === 'runPod').length, 1);
  });

  test('leaves nothing behind', async () => {
    assert.deepEqual(await world.left(), []);
  });
});
