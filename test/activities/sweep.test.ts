import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCleanupActivities } from '../../src/activities/index.ts';
import { ANNOTATION, type PodKey } from '../../src/pod/identity.ts';
import { podManifest } from '../../src/pod/manifest.ts';
import { sweepVerdict } from '../../src/activities/sweep.ts';
import type { SweepInput, SweepReport } from '../../src/contract/index.ts';
import { inWorld, SPEC, type World } from '../support/pods.ts';

const key = (runId: string, temporalNamespaceId = 'ns-1'): PodKey => ({
  temporalNamespaceId,
  workflowId: 'sales',
  runId,
  activityId: 'orders-1',
});
const manifest = (of: PodKey) =>
  podManifest(SPEC, {
    namespace: 'n',
    task: 'orders',
    try: 1,
    key: of,
    deadline: Date.now(),
    activeDeadlineSeconds: 60,
  });

suite('whether nobody will ever delete a pod', () => {
  const created = Date.UTC(2026, 10, 22, 12);
  const minutes = (n: number) => created + n * 60_000;
  const pod = (metadata = {}) => ({
    metadata: {
      creationTimestamp: new Date(created),
      annotations: { [ANNOTATION.deadline]: new Date(minutes(60)).toISOString() },
      ...metadata,
    },
  });
  const until = (n: number) => ({ annotations: { [ANNOTATION.keepUntil]: new Date(minutes(n)).toISOString() } });
  const pending = (...ids: string[]) => ({ pending: new Set(ids) });
  const rows: [law: string, run: Parameters<typeof sweepVerdict>[2], now: number, metadata: object, verdict: string][] =
    [
      ['the run has ended: nobody', 'closed', minutes(5), {}, 'sweep'],
      ['the run goes on, its activity is pending: somebody', pending('orders-1'), minutes(5), {}, 'alive'],
      ['the run goes on without its activity: nobody', pending('other-1'), minutes(5), {}, 'sweep'],
      [
        'its workflow is about to see to it: somebody',
        { pending: new Set(), caresItself: true },
        minutes(5),
        {},
        'alive',
      ],
      ['it was about to for too long: nobody', { pending: new Set(), caresItself: true }, minutes(76), {}, 'sweep'],
      ['Temporal does not answer: who knows', 'unknown', minutes(5), {}, 'undecided'],
      ['a young pod is not judged', 'closed', minutes(1), {}, 'young'],
      ['a pod without a birthday is not judged', 'closed', minutes(5), { creationTimestamp: undefined }, 'young'],
      [
        'a pod on its way out is left to it',
        'closed',
        minutes(5),
        { deletionTimestamp: new Date(minutes(5)) },
        'terminating',
      ],
      ['past its deadline, an attempt may be at it', pending('orders-1'), minutes(70), {}, 'alive'],
      ['long past its deadline nobody is', pending('orders-1'), minutes(76), {}, 'sweep'],
      ['an unreadable deadline is none', pending('orders-1'), minutes(9999), { annotations: {} }, 'alive'],
      ['kept on purpose, whoever else has left it', 'closed', minutes(59), until(60), 'onPurpose'],
      [
        'kept on purpose, also when its task goes on with another pod',
        pending('orders-2'),
        minutes(59),
        until(60),
        'onPurpose',
      ],
      ['kept long enough', 'closed', minutes(61), until(60), 'sweep'],
      ['kept long enough, but who knows', 'unknown', minutes(61), until(60), 'undecided'],
      ['kept long enough, and its attempt is about to see to it', pending('orders-1'), minutes(61), until(60), 'alive'],
      ['kept long enough, and still young', 'closed', minutes(1), until(0.5), 'young'],
      [
        'kept until nobody knows when',
        'closed',
        minutes(5),
        { annotations: { [ANNOTATION.keepUntil]: 'later' } },
        'sweep',
      ],
      ['kept for a month', 'closed', minutes(5), until(30 * 24 * 60), 'onPurpose'],
      ['kept for longer than anybody can mean', 'closed', minutes(5), until(31 * 24 * 60), 'sweep'],
    ];
  for (const [law, run, now, metadata, expected] of rows)
    test(law, () => {
      const verdict = sweepVerdict(pod(metadata), key('r'), run, { now, minAgeMs: 120_000 });
      assert.equal(typeof verdict === 'object' ? 'sweep' : verdict, expected);
    });
});

/** Runs a sweep; `runs` says of each run what Temporal does. */
function sweep(
  { dependencies }: World,
  runs: Record<string, string | Error>,
  input: SweepInput,
  {
    onAsked = () => undefined,
    raw = { pendingActivities: [{ activityId: 'orders-1' }] },
  }: { onAsked?: () => void; raw?: object } = {},
): Promise<SweepReport> {
  const asked: string[] = [];
  const client = {
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    workflow: {
      getHandle: (_workflowId: string, runId: string) => ({
        describe: async () => {
          assert.ok(!asked.includes(runId), 'one question per run');
          asked.push(runId);
          onAsked();
          const state = runs[runId];
          if (state === undefined) throw new WorkflowNotFoundError('never heard of it', 'sales', runId);
          if (state instanceof Error) throw state;
          return { status: { name: state }, raw };
        },
      }),
    },
  } as unknown as Client;
  const { sweep: activity } = createCleanupActivities(dependencies);
  return new MockActivityEnvironment({}, { client }).run<[SweepInput], SweepReport, typeof activity>(activity, input);
}

/** What happens between the list and the answer about the run: a cancelled task's pod is marked to run on, and its run closes. */
const markedMeanwhile = ({ fake }: World) => {
  const [pod] = fake.pods.all();
  if (pod?.metadata?.annotations)
    pod.metadata.annotations[ANNOTATION.keepUntil] = new Date(Date.now() + 3_600_000).toISOString();
};

suite('a sweep', () => {
  const RUNS = { open: 'RUNNING', closed: 'TERMINATED', away: new Error('Temporal is away') };

  /** A pod of each of these runs, and one of another Temporal. */
  async function populate({ dependencies: { cluster } }: World): Promise<void> {
    for (const runId of ['open', 'closed', 'never', 'away']) await cluster.createPod('n', manifest(key(runId)));
    await cluster.createPod('n', manifest(key('closed', 'another Temporal')));
  }
  const runsLeft = ({ fake }: World) =>
    fake.pods
      .all()
      .map(({ metadata }) => metadata?.annotations?.[ANNOTATION.key] ?? '')
      .map((annotation) => JSON.parse(annotation) as PodKey)
      .map(({ runId, temporalNamespaceId }) => (temporalNamespaceId === 'ns-1' ? runId : temporalNamespaceId))
      .sort();

  test(
    'deletes what has nobody, and keeps what is in doubt or another Temporal’s',
    inWorld(async (world) => {
      await populate(world);
      const report = await sweep(world, RUNS, { minAge: 0 });
      assert.deepEqual(runsLeft(world), ['another Temporal', 'away', 'open']);
      assert.deepEqual([report.looked, report.swept.length, report.undecided], [4, 2, 1]);
      const none = { young: 0, onPurpose: 0, terminating: 0 };
      assert.deepEqual(report.kept, { ...none, alive: 1, otherTemporal: 1 });
    }),
  );

  test(
    'as a dry run tells the same and deletes nothing',
    inWorld(async (world) => {
      await populate(world);
      const report = await sweep(world, RUNS, { minAge: 0, dryRun: true });
      assert.equal(report.swept.length, 2);
      assert.equal(world.fake.count('delete'), 0);
    }),
  );

  test(
    'leaves alone what was marked to be kept after it had been listed',
    inWorld(async (world) => {
      await world.dependencies.cluster.createPod('n', manifest(key('closed')));
      const { swept, kept } = await sweep(world, RUNS, { minAge: 0 }, { onAsked: () => markedMeanwhile(world) });
      assert.deepEqual([swept, kept.onPurpose, world.fake.count('delete')], [[], 1, 0]);
    }),
  );

  for (const [what, raw] of Object.entries({
    'whose cleanup is under way': { pendingActivities: [{ activityId: '9', activityType: { name: 'deletePod' } }] },
    'that is about to hear of the end of the activity': { pendingWorkflowTask: {} },
  }))
    test(
      `leaves to its workflow a pod ${what}`,
      inWorld(async (world) => {
        const made = manifest(key('open'));
        const annotations = { ...made.metadata?.annotations, [ANNOTATION.deadline]: new Date().toISOString() };
        await world.dependencies.cluster.createPod('n', { ...made, metadata: { ...made.metadata, annotations } });
        const { swept, kept } = await sweep(world, RUNS, { minAge: 0 }, { raw });
        assert.deepEqual([swept, kept.alive, world.fake.count('delete')], [[], 1, 0]);
      }),
    );

  test(
    'leaves young pods alone',
    inWorld(async (world) => {
      await populate(world);
      const { swept, kept } = await sweep(world, RUNS, {});
      assert.deepEqual([swept, kept.young], [[], 4]);
    }),
  );

  test(
    'stops at its limit and says so; the next one goes on',
    inWorld(async (world) => {
      await populate(world);
      const first = await sweep(world, RUNS, { minAge: 0, limit: 1 });
      assert.deepEqual([first.swept.length, first.looked, first.leftOut], [1, 2, 2]);
      const second = await sweep(world, RUNS, { minAge: 0, limit: 1 });
      assert.deepEqual([second.swept.length, second.looked, second.leftOut], [1, 2, 1]);
      const third = await sweep(world, RUNS, { minAge: 0, limit: 1 });
      assert.deepEqual([third.swept.length, third.looked, third.leftOut], [0, 2, 0]);
    }),
  );

  test(
    'goes on when one deletion is refused',
    inWorld(async (world) => {
      await populate(world);
      world.fake.plan('delete', { answer: 500 });
      const report = await sweep(world, RUNS, { minAge: 0 });
      assert.deepEqual([report.swept.length, report.undecided], [1, 2]);
    }),
  );

  test(
    'deletes at most 200, the oldest first, whatever namespace they are in',
    inWorld(async (world) => {
      const { fake } = world;
      const made = (namespace: string, age: number, runId: string) => {
        const pod = fake.pods.create(namespace, { ...manifest(key(runId)), metadata: metadataOf(runId) });
        if (pod.metadata) pod.metadata.creationTimestamp = new Date(Date.now() - age * 1_000);
      };
      const metadataOf = (runId: string) => ({ ...manifest(key(runId)).metadata, name: `pod-${runId}` });
      made('n', 1_000, 'young');
      for (let n = 0; n < 200; n++) made(n % 2 ? 'n' : 'm', 10_000 + n, `old-${n}`);
      world.dependencies.namespaces = ['n', 'm'];
      const report = await sweep(world, {}, {});
      assert.deepEqual([report.swept.length, report.leftOut, fake.left()], [200, 1, ['pod-young']]);
    }),
  );

  test(
    'asks once for a run, however many pods it has',
    inWorld(async (world) => {
      for (const activityId of ['a-1', 'a-2', 'a-3'])
        await world.dependencies.cluster.createPod('n', manifest({ ...key('closed'), activityId }));
      // `sweep` refuses a second question about a run.
      assert.equal((await sweep(world, RUNS, { minAge: 0 })).swept.length, 3);
    }),
  );

  test(
    'goes on without a namespace that it may not list, and says which and why; it does not ask for it again',
    inWorld(async (world) => {
      await populate(world);
      world.dependencies.namespaces = ['forbidden', 'n'];
      world.fake.plan('list', { answer: 403 }, { namespace: 'forbidden', times: 100 });
      const { swept, unlisted } = await sweep(world, RUNS, { minAge: 0 });
      assert.equal(swept.length, 2);
      assert.deepEqual(
        unlisted.map(({ namespace }) => namespace),
        ['forbidden'],
      );
      assert.match(unlisted[0]?.why ?? '', /cannot do this \(403\)/);
      assert.equal(world.fake.requests.filter(({ namespace }) => namespace === 'forbidden').length, 1);
    }),
  );

  test(
    'asks again for a namespace whose answer may pass',
    inWorld(async (world) => {
      await populate(world);
      world.fake.plan('list', { answer: 500 }, { namespace: 'n' });
      const { swept, unlisted } = await sweep(world, RUNS, { minAge: 0 });
      assert.deepEqual([swept.length, unlisted], [2, []]);
    }),
  );

  for (const [answer, nonRetryable] of [
    [403, true],
    [500, false],
  ] as const)
    test(
      `fails when no namespace can be listed, ${nonRetryable ? 'for good' : 'to be tried again'}, if it is for ${answer}`,
      inWorld(async (world) => {
        world.fake.plan('list', { answer }, { times: 100 });
        await assert.rejects(
          sweep(world, RUNS, {}),
          (error) =>
            error instanceof ApplicationFailure &&
            Boolean(error.nonRetryable) === nonRetryable &&
            new RegExp(`n: .*\\(${answer}\\)`).test(error.message),
        );
      }),
    );

  for (const input of [{ minAge: 'soon' }, { minAge: 5 }, { limit: -1 }, { limit: '1' }, { dryRun: 'no' }])
    test(
      `refuses an input that it cannot mean, for good: ${JSON.stringify(input)}`,
      inWorld(async (world) => {
        await populate(world);
        await assert.rejects(
          sweep(world, RUNS, input as SweepInput),
          (error) => error instanceof ApplicationFailure && error.type === 'InvalidSpec' && error.nonRetryable === true,
        );
        assert.equal(world.fake.count('delete'), 0);
      }),
    );
});
