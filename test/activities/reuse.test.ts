/** In a rerun, a pod that has done this very work in the earlier run is not needed again; whatever is not proven runs. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PodResult, PodSpec, RunPodInput } from '../../src/contract/index.ts';
import { inWorld, SPEC, type World } from '../support/pods.ts';
import { hello } from './support.ts';
import { call, childStarted, completed, ended, RESULT, scheduled, withMemory } from './histories.ts';

const EARLIER = { workflowId: 'sales-0', runId: 'run-0' };

/** What comes of the pod, when the earlier run has this history. */
const rerun = (
  history: object[] | Error | undefined,
  law: (result: PodResult, world: World) => void,
  now: Partial<RunPodInput> = {},
) =>
  inWorldOf(history, async (world) => {
    const { spec = SPEC, ...more } = { ...call(), earlier: EARLIER, ...now };
    law(await world.attempt(spec, more).result, world);
  });

const inWorldOf = (history: object[] | Error | undefined, law: (world: World) => Promise<void>) =>
  inWorld(async (world) => {
    world.fake.script(hello);
    if (history) world.temporal.histories.set(EARLIER.runId, history);
    await law(world);
  });

const isReused = (result: PodResult, { fake }: World) => {
  assert.deepEqual(result, { ...RESULT, reused: EARLIER });
  assert.deepEqual(fake.created, []);
};
const runs = (result: PodResult, { fake }: World) => {
  assert.equal(result.reused, undefined);
  assert.deepEqual(fake.ran, [result.pod.uid]);
};

const done = [scheduled(5, call()), completed(5)];

suite('the earlier result is taken, and no pod is created', () => {
  test('when the same task, in the same call, asked for the same', rerun(done, isReused));

  test(
    'whatever the order of the names in the spec',
    rerun(
      [scheduled(5, call({ spec: { grace: '2s', env: { B: '2', A: '1' }, image: 'etl:3' } })), completed(5)],
      isReused,
      { spec: { image: 'etl:3', grace: '2s', env: { A: '1', B: '2' } } },
    ),
  );

  test(
    'when the author asks for what he asked for then, though another spec was run in the end',
    rerun([scheduled(5, call({ spec: withMemory('2Gi'), asked: SPEC })), completed(5)], isReused),
  );

  test(
    'from a later page of the history, past failed tries',
    rerun(
      [
        ...[5, 6, 7].flatMap((id) => [scheduled(id, call()), ended('Failed', id)]),
        scheduled(8, call({ try: 4 })),
        completed(8),
      ],
      isReused,
    ),
  );

  test(
    'the later one of two, as after a retry',
    rerun([scheduled(5, call()), completed(5, { output: 'first' }), scheduled(6, call()), completed(6)], isReused),
  );

  test(
    'of an earlier run that had it from a still earlier one: the run in which the pod ran is named',
    rerun([scheduled(5, call()), completed(5, { reused: { workflowId: 'sales', runId: 'first' } })], (result) =>
      assert.deepEqual(result.reused, { workflowId: 'sales', runId: 'first' }),
    ),
  );

  test(
    'of the chunk that the earlier run itself had started',
    inWorldOf([childStarted('sales-0/load/3', 'chunk-run'), childStarted('sales-0/load/4', 'other')], async (world) => {
      world.temporal.histories.set('chunk-run', done);
      const now = { ...call(), earlier: { ...EARLIER, chunk: 'load/3' } };
      const { reused } = await world.attempt(SPEC, now).result;
      assert.deepEqual(reused, { workflowId: 'sales-0/load/3', runId: 'chunk-run' });
    }),
  );

  test(
    'also by a later attempt, which leaves it to the workflow to look for what an earlier one may have created',
    inWorldOf(undefined, async (world) => {
      const { temporal, attempt, fake } = world;
      temporal.histories.set(EARLIER.runId, Object.assign(new Error('away'), { code: 14 }));
      const first = attempt(SPEC, { ...call(), earlier: EARLIER });
      await temporal.until(() => temporal.heartbeats.some(({ reason }) => reason?.includes('cannot be read: away')));
      first.end('workerShutdown');
      await assert.rejects(first.result);
      temporal.histories.set(EARLIER.runId, done);
      const { reused, cleanup } = await attempt(SPEC, { ...call(), earlier: EARLIER }).result;
      assert.deepEqual([reused, cleanup, fake.created], [EARLIER, { gone: false }, []]);
    }),
  );
});

suite('the pod runs', () => {
  const cases: [law: string, history: object[] | Error | undefined, now?: Partial<RunPodInput>][] = [
    ['when nothing is said of an earlier run', done, { earlier: undefined as never }],
    ['when another task asked for the same', [scheduled(5, call({ task: 'refunds' })), completed(5)]],
    ['when it was another call of the task', [scheduled(5, call({ call: 2 })), completed(5)]],
    ['when the history does not tell which call it was', [scheduled(5, withoutCall()), completed(5)]],
    ['when the spec is another one', done, { spec: { ...SPEC, args: ['more'] } }],
    ['when the schema of the result is another one', done, { spec: withSchema({ type: 'object' }) }],
    [
      'when lists are in another order',
      [scheduled(5, call({ spec: { ...SPEC, args: ['b', 'a'] } })), completed(5)],
      { spec: { ...SPEC, args: ['a', 'b'] } },
    ],
    [
      'when the author now asks for what was only run then',
      [scheduled(5, call({ spec: withMemory('2Gi'), asked: SPEC })), completed(5)],
      { spec: withMemory('2Gi') },
    ],
    ['when it failed', [scheduled(5, call()), ended('Failed', 5)]],
    ['when it was cancelled', [scheduled(5, call()), ended('Canceled', 5)]],
    ['when it timed out', [scheduled(5, call()), ended('TimedOut', 5)]],
    ['when it had not ended', [scheduled(5, call())]],
    ['when Temporal does not know the earlier run any more', undefined],
    ['when its history may not be read', Object.assign(new Error('no'), { code: 7 })],
    ['when its history is not what this code can read', new Error('a codec of another worker')],
    ['when the earlier run had no such chunk', done, { earlier: { ...EARLIER, chunk: 'load/3' } }],
  ];
  for (const [law, history, now] of cases) test(law, rerun(history, runs, now));

  test(
    'when it is there already: nothing is looked up for what an earlier attempt has created',
    inWorldOf(done, async ({ fake, temporal, attempt }) => {
      const goOn = Promise.withResolvers<void>();
      fake.script(async (pod) => {
        pod.run();
        await goOn.promise;
        pod.finish({ exitCode: 0 });
      });
      const first = attempt(SPEC, call());
      await fake.until(() => fake.ran.length === 1);
      first.end('workerShutdown');
      await assert.rejects(first.result);
      const [uid] = fake.ran;
      const second = attempt(SPEC, { ...call(), earlier: EARLIER });
      goOn.resolve();
      const result = await second.result;
      assert.deepEqual([result.pod.uid, result.reused, temporal.historiesRead], [uid, undefined, []]);
    }),
  );
});

test(
  'a cancel while it looks ends it as a cancel',
  inWorldOf(Object.assign(new Error('away'), { code: 14 }), async ({ temporal, attempt, fake }) => {
    const running = attempt(SPEC, { ...call(), earlier: EARLIER });
    await temporal.until(() => temporal.heartbeats.some(({ reason }) => reason?.includes('cannot be read: away')));
    temporal.standing = 'cancelled';
    running.end('cancelRequested');
    await assert.rejects(running.result);
    assert.ok(temporal.cancelled);
    assert.deepEqual(fake.created, []);
  }),
);

function withoutCall(): RunPodInput {
  const { call: _, ...input } = call();
  return input;
}

function withSchema(schema: Record<string, unknown>): PodSpec {
  return { ...SPEC, result: { from: 'terminationMessage', required: false, schema } };
}
