/** A dry run: what a run would create, or why it would not; and nothing is created. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCleanupActivities } from '../../src/activities/index.ts';
import type { DryRunInput } from '../../src/contract/index.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import { inWorld, SPEC, type World } from '../support/pods.ts';

/** In the same workflow as the run of this world, as the same activity. */
function dryRun({ dependencies, temporal }: World, input: DryRunInput): Promise<V1Pod> {
  const environment = new MockActivityEnvironment({
    activityId: 'orders-1',
    scheduledTimestampMs: temporal.scheduledAt,
    workflowExecution: { workflowId: 'sales', runId: 'run-1' },
  });
  const { dryRun } = createCleanupActivities(dependencies);
  return environment.run<[DryRunInput], V1Pod, typeof dryRun>(dryRun, { task: 'orders', ...input });
}

async function refused(world: World, input: DryRunInput): Promise<ApplicationFailure> {
  const error: unknown = await dryRun(world, input).then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApplicationFailure, String(error));
  assert.equal(error.nonRetryable, true);
  assert.deepEqual(world.fake.created, []);
  return error;
}

suite('a dry run by the worker', () => {
  test(
    'shows what a run creates: the worker’s template, the fields, the callbacks and the identity',
    inWorld(async (world) => {
      const { fake, dependencies, attempt } = world;
      dependencies.templates = { defaults: { metadata: { labels: { team: 'sales' } } } };
      dependencies.callbacks = { mine: { beforeCreate: (pod) => void (pod.spec!.hostname = 'etl') } };
      const spec = { ...SPEC, callbacks: ['mine'], command: ['etl'] };
      const dry = await dryRun(world, { spec });
      assert.deepEqual(fake.created, []);
      let sent: unknown;
      fake.script((pod: FakePod) => {
        sent = JSON.parse(fake.requests.find(({ verb }) => verb === 'create')?.body ?? '');
        pod.run();
        pod.finish({ exitCode: 0 });
      });
      await attempt(spec).result;
      assert.deepEqual(JSON.parse(JSON.stringify(dry)), sent);
      assert.equal(dry.metadata?.labels?.['team'], 'sales');
      assert.equal(dry.spec?.hostname, 'etl');
    }),
  );

  test(
    'has the longest run of the policy where the spec says nothing',
    inWorld(async (world) => {
      world.dependencies.policy = { maxRunTime: '2h' };
      const dry = await dryRun(world, { spec: SPEC });
      assert.equal(dry.spec?.activeDeadlineSeconds, 2 * 3600 + 60);
    }),
  );

  test(
    'asks nothing of the cluster',
    inWorld(async (world) => {
      await dryRun(world, { spec: SPEC });
      assert.deepEqual(world.fake.requests, []);
    }),
  );

  test(
    'is refused as a run is: a bad spec, a namespace that is not served, a policy, a callback',
    inWorld(async (world) => {
      const { dependencies } = world;
      assert.equal((await refused(world, { spec: { image: 3 as never } })).type, 'InvalidSpec');
      const elsewhere = await refused(world, { spec: { ...SPEC, namespace: 'kube-system' } });
      assert.match(elsewhere.message, /namespace: this worker serves n, got "kube-system"/);
      dependencies.callbacks = {
        mine: {
          beforeCreate: () => {
            throw new Error('no budget');
          },
        },
      };
      assert.equal((await refused(world, { spec: { ...SPEC, callbacks: ['mine'] } })).type, 'CallbackFailed');
      dependencies.policy = { ...dependencies.policy, images: ['trusted/*'] };
      const unfit = await refused(world, { spec: SPEC });
      assert.equal(unfit.type, 'PolicyRefused');
      assert.match(unfit.message, /etl:3/);
    }),
  );

  const wrong: [law: string, input: unknown, says: RegExp][] = [
    ['a place that is none', { spec: SPEC, on: 'moon' }, /^on: must be "client" or "server", got "moon"$/],
    ['a task without a name', { spec: SPEC, task: '' }, /^task: must be a name, got ""$/],
    ['a task that is no text', { spec: SPEC, task: 3 }, /^task: must be a name, got 3$/],
  ];
  for (const [law, input, says] of wrong)
    test(
      `is refused with ${law}`,
      inWorld(async (world) => {
        const { type, message } = await refused(world, input as DryRunInput);
        assert.equal(type, 'InvalidSpec');
        assert.match(message, says);
      }),
    );
});

suite('a dry run by the API server', () => {
  test(
    'has its defaults, stores nothing, and shows nothing that only a stored pod has',
    inWorld(async (world) => {
      const dry = await dryRun(world, { spec: SPEC, on: 'server' });
      assert.deepEqual(world.fake.left(), []);
      assert.deepEqual(Object.keys(dry).sort(), ['apiVersion', 'kind', 'metadata', 'spec']);
      assert.deepEqual(Object.keys(dry.metadata ?? {}).sort(), ['annotations', 'labels', 'name', 'namespace']);
    }),
  );

  const answers: [
    law: string,
    answer: { answer: number; message?: string; body?: string },
    type: string,
    says: RegExp,
  ][] = [
    [
      'a field that it refuses',
      { answer: 422, message: 'spec.hostname: Invalid' },
      'InvalidSpec',
      /refuses the pod: .*spec\.hostname/,
    ],
    [
      'Pod Security',
      { answer: 403, message: 'violates PodSecurity "restricted:latest": privileged' },
      'Forbidden',
      /violates PodSecurity/,
    ],
    [
      'a quota',
      { answer: 403, message: 'exceeded quota: cpu' },
      'QuotaExceeded',
      /a run would wait for it: .*exceeded quota: cpu/,
    ],
  ];
  for (const [law, answer, type, says] of answers)
    test(
      `is refused in its words: ${law}`,
      inWorld(async (world) => {
        world.fake.plan('create', answer);
        const failure = await refused(world, { spec: SPEC, on: 'server' });
        assert.equal(failure.type, type);
        assert.match(failure.message, says);
      }),
    );

  test(
    'is asked again when the API server is away: that is no refusal',
    inWorld(async (world) => {
      world.fake.plan('create', { answer: 503 });
      const failure: unknown = await dryRun(world, { spec: SPEC, on: 'server' }).catch((error: unknown) => error);
      assert.ok(!(failure instanceof ApplicationFailure && failure.nonRetryable), String(failure));
      assert.equal((await dryRun(world, { spec: SPEC, on: 'server' })).kind, 'Pod');
    }),
  );
});
