/** The time between a good end and the moment when the pod is gone, in which the run goes on. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCleanupActivities, Removals, type PodDependencies } from '../../src/activities/index.ts';
import type { ConfirmPodsInput, PodResult, PodSpec, Unconfirmed } from '../../src/contract/index.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import { failureOf, inWorld, linesOf, SPEC, type World } from '../support/pods.ts';
import { KEY } from './support.ts';

const BESIDE = { removal: 'beside' } as const;
const nothing = () => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

const work = (pod: FakePod) => {
  pod.run();
  pod.print('worked');
  pod.finish({ exitCode: 0, message: '3' });
};

function confirm(dependencies: PodDependencies, { pod }: PodResult, more: Partial<PodDependencies> = {}) {
  const { workflowId, runId, activityId } = KEY;
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId } }, { logger: silent });
  const { confirmPods } = createCleanupActivities({ ...dependencies, ...more });
  const input: ConfirmPodsInput = { pods: [{ activityId, task: 'orders', uid: pod.uid, namespace: pod.namespace }] };
  return environment.run<[ConfirmPodsInput], Unconfirmed, typeof confirmPods>(confirmPods, input);
}

/** In a world whose API server takes no DELETE before `go` is called. */
const heldUp = (law: (world: World & { go: () => void }) => Promise<void>) =>
  inWorld(async (world) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.fake.plan('delete', { doAfter: promise });
    world.fake.script(work);
    await law({ ...world, go: resolve });
  });

suite('a good end in a run that confirms its pods', () => {
  test(
    'is told, whole, before its pod is gone, and says that the removal goes on',
    heldUp(async ({ fake, attempt, go }) => {
      const result = await attempt(SPEC, BESIDE).result;
      assert.equal(result.output, 3);
      assert.deepEqual(await linesOf(result), ['worked']);
      assert.deepEqual(result.cleanup, { gone: false, removing: true });
      assert.equal(fake.left().length, 1);
      go();
      await fake.until(() => fake.left().length === 0);
    }),
  );

  test(
    'its run waits for the removal, and asks the API server for nothing that this worker has seen',
    heldUp(async ({ fake, attempt, dependencies, go }) => {
      const result = await attempt(SPEC, BESIDE).result;
      const confirmed = confirm(dependencies, result);
      const before = fake.count('read');
      go();
      assert.deepEqual(await confirmed, {});
      assert.deepEqual(fake.left(), []);
      assert.deepEqual([fake.count('delete'), fake.count('read') - before], [1, 0]);
    }),
  );

  test(
    'costs the API server six requests: the create, the gate, the log and its end, the events, the DELETE',
    inWorld(async ({ fake, attempt, dependencies }) => {
      fake.script(work);
      const result = await attempt(SPEC, BESIDE).result;
      assert.deepEqual(await confirm(dependencies, result), {});
      const verbs = ['read', 'create', 'patch', 'log', 'events', 'delete'] as const;
      const asked = Object.fromEntries(verbs.map((verb) => [verb, fake.count(verb)]));
      assert.deepEqual(asked, { read: 0, create: 1, patch: 1, log: 2, events: 1, delete: 1 });
    }),
  );

  test(
    'another worker deletes the pod for it when the first one has vanished',
    heldUp(async ({ fake, attempt, dependencies }) => {
      const result = await attempt(SPEC, BESIDE).result;
      await fake.until(() => fake.count('delete') === 1);
      assert.deepEqual(await confirm(dependencies, result, { removals: new Removals() }), {});
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'waits for the pod outside of such a run, and where its author wants it to',
    inWorld(async ({ fake, attempt }) => {
      fake.script(work);
      const waiting: [PodSpec, object] = [{ ...SPEC, waitForRemoval: true }, BESIDE];
      for (const [spec, more] of [[SPEC, {}] as const, waiting]) {
        const { cleanup } = await attempt(spec, more).result;
        assert.deepEqual(cleanup, { gone: true });
      }
    }),
  );

  test(
    'waits while a sidecar still runs: nothing of a pod works beside what comes next',
    inWorld(async ({ fake, attempt }) => {
      const containers = [{ name: 'base' }, { name: 'side', image: 'side:1' }];
      fake.script(async (pod) => {
        pod.run();
        pod.finish({ exitCode: 0, container: 'base' });
        await pod.terminating;
        pod.print('last words', { container: 'side' });
        pod.finish({ exitCode: 0, container: 'side' });
      });
      const result = await attempt({ ...SPEC, template: { spec: { containers } } }, BESIDE).result;
      assert.deepEqual(result.cleanup, { gone: true });
      assert.deepEqual(await linesOf(result), ['last words']);
    }),
  );

  test(
    'a failure waits in any case: another try begins only when the old pod is gone',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.finish({ exitCode: 3 });
      });
      const { details } = await failureOf(attempt(SPEC, BESIDE));
      assert.deepEqual(details.cleanup, { gone: true });
    }),
  );

  test(
    'a pod that is to be kept is kept, and nothing is left to confirm',
    inWorld(async ({ fake, attempt }) => {
      fake.script(work);
      const { cleanup } = await attempt({ ...SPEC, onFinish: 'keep' }, BESIDE).result;
      assert.deepEqual([cleanup.gone, cleanup.removing, typeof cleanup.kept], [false, undefined, 'string']);
      assert.equal(fake.left().length, 1);
    }),
  );
});

suite('the confirmation of a run', () => {
  test(
    'fails, to be tried again, while the API server does not answer, and names why',
    heldUp(async ({ fake, attempt, dependencies, go }) => {
      const result = await attempt(SPEC, BESIDE).result;
      fake.plan('read', { answer: 500, message: 'etcd is away' });
      const failure: unknown = await confirm(dependencies, result, { removals: new Removals() }).catch(
        (error: unknown) => error,
      );
      assert.ok(failure instanceof ApplicationFailure);
      assert.deepEqual([failure.type, failure.nonRetryable], ['CleanupFailed', false]);
      assert.match(failure.message, /etcd is away/);
      go();
    }),
  );

  test(
    'touches no pod of the same name that is not of this run',
    inWorld(async ({ fake, attempt, dependencies }) => {
      fake.script(work);
      const result = await attempt(SPEC, BESIDE).result;
      await fake.until(() => fake.left().length === 0);
      await dependencies.cluster.createPod('n', {
        metadata: { name: result.pod.name, labels: { app: 'theirs' } },
        spec: { containers: [{ name: 'base', image: 'theirs:1' }] },
      });
      assert.deepEqual(await confirm(dependencies, result, { removals: new Removals() }), {});
      assert.deepEqual(fake.left(), [result.pod.name]);
    }),
  );
});

test(
  'a worker that is told to stop has ordered every removal when it leaves, and waits for none',
  inWorld(async ({ fake, attempt, dependencies }) => {
    fake.script(work);
    const { promise, resolve } = Promise.withResolvers<void>();
    fake.plan('delete', { answerAfter: promise });
    await attempt(SPEC, BESIDE).result;
    const closed = dependencies.removals.close();
    await fake.until(() => fake.left().length === 0);
    resolve();
    await closed;
  }),
);
