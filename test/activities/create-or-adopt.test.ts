import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { PodSpec } from '../../src/contract/index.ts';
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import { failureOf, inWorld, SPEC, type World } from '../support/pods.ts';
import { hello, KEY, podOf } from './support.ts';
import { ANNOTATION, podName } from '../../src/pod/identity.ts';

const ALWAYS = { times: 1_000_000 };
const AN_HOUR_AGO = { age: 3_600_000 };

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
      fake.plan('create', { answer: 500 }, ALWAYS);
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

suite('a birth whose POST was not answered clearly', () => {
  test(
    'does not say that nothing is left, when it is refused for good after that',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('create', { answer: 500 });
      fake.plan('create', { answer: 403 });
      const { error, details } = await failureOf(attempt());
      assert.deepEqual([error.type, details.cleanup], ['Forbidden', undefined]);
    }),
  );

  test(
    'does say so after a refusal that was clear',
    inWorld(async ({ fake, attempt }) => {
      fake.plan('create', { answer: 401 });
      fake.plan('create', { answer: 403 });
      const { details } = await failureOf(attempt());
      assert.deepEqual(details.cleanup, { gone: true });
    }),
  );
});

suite('a birth that is asked to come again later', () => {
  const SECONDS = 17;
  /** How often something is waited for so long; it is not, then. */
  function countWaits(t: TestContext): () => number {
    const wait = globalThis.setTimeout;
    let count = 0;
    t.mock.method(globalThis, 'setTimeout', (work: () => void, ms?: number) => {
      const isIt = ms === SECONDS * 1_000;
      if (isIt) count++;
      return wait(work, isIt ? 0 : ms);
    });
    return () => count;
  }
  for (const verb of ['create', 'read', 'patch'] as const)
    test(`waits as long as the server asked, with the ${verb}`, async (t) => {
      const waits = countWaits(t);
      await inWorld(async ({ fake, attempt }) => {
        fake.script(hello);
        // Who was not answered looks.
        if (verb === 'read') fake.plan('create', { answer: 500 });
        fake.plan(verb, { answer: 429, retryAfter: SECONDS });
        assert.equal((await attempt().result).exitCode, 0);
      })();
      assert.equal(waits(), 1);
    });
});

suite('a birth that is refused for good', () => {
  for (const verb of ['read', 'patch'] as const)
    test(
      `is Forbidden, and does not hang, when it is the ${verb} that is not allowed`,
      inWorld(async ({ fake, attempt }) => {
        if (verb === 'read') fake.plan('create', { answer: 500 });
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

/** A pod of this activity that runs, of which no record tells. @returns its uid */
async function atWork({ fake, dependencies }: World): Promise<string | undefined> {
  const pod = podOf(undefined, { ...SPEC, image: 'older:1' });
  delete pod.spec?.schedulingGates;
  const { metadata } = await dependencies.cluster.createPod('n', pod);
  fake.run(metadata?.name ?? '');
  return metadata?.uid;
}

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
    'of a pod of ours at work, whose record was reset away, asks nothing of newer rules',
    inWorld(async (world) => {
      const { fake, attempt, dependencies } = world;
      const uid = await atWork(world);
      const refuse = () => {
        throw new Error('not any more');
      };
      Object.assign(dependencies, { callbacks: { strict: { beforeCreate: refuse } } });
      const running = attempt({ ...SPEC, callbacks: ['strict'] });
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] ?? '', { exitCode: 0 });
      assert.equal((await running.result).pod.uid, uid);
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'of such a pod does not depend on the time: it was created long ago',
    inWorld(async (world) => {
      const { fake, attempt } = world;
      const uid = await atWork(world);
      const running = attempt({ ...SPEC, timeouts: { total: '1d' } });
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] ?? '', { exitCode: 0 });
      assert.equal((await running.result).pod.uid, uid);
    }, AN_HOUR_AGO),
  );

  for (const answer of [403, 422])
    test(
      `of such a pod does not depend on what the API server says now of one like it: ${answer}`,
      inWorld(async (world) => {
        const { fake, attempt } = world;
        const uid = await atWork(world);
        fake.plan('create', { answer }, ALWAYS);
        const running = attempt();
        await fake.until(() => fake.open('log') === 1);
        fake.finish(fake.left()[0] ?? '', { exitCode: 0 });
        assert.equal((await running.result).pod.uid, uid);
      }),
    );

  for (const [what, change] of [
    ['image', { image: 'older:1' }],
    ['command', { command: ['older'] }],
    ['args', { args: ['older'] }],
  ] as [string, Partial<PodSpec>][])
    test(
      `makes a new pod where an older ${what} waits behind the gate: it never ran, and never will`,
      inWorld(async ({ fake, attempt, dependencies }) => {
        const { metadata } = await dependencies.cluster.createPod('n', podOf(undefined, { ...SPEC, ...change }));
        fake.script(hello);
        const { pod } = await attempt().result;
        assert.deepEqual(fake.created, [metadata?.uid, pod.uid]);
        assert.deepEqual(fake.ran, [pod.uid]);
        const [first] = fake.requests.filter(({ verb }) => verb === 'delete');
        assert.match(first?.body ?? '', new RegExp(`"uid":"${metadata?.uid}"`));
        assert.deepEqual(fake.left(), []);
      }),
    );

  test(
    'that replaces a gated pod waits until the old one is gone',
    inWorld(async ({ fake, attempt, dependencies }) => {
      await dependencies.cluster.createPod('n', podOf(undefined, { ...SPEC, image: 'older:1' }));
      fake.script(hello);
      fake.plan('delete', { answer: 500 });
      assert.equal((await attempt().result).exitCode, 0);
      assert.equal(fake.created.length, 2);
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

  test(
    'of a recorded pod does not ask template, policy or callbacks of a newer worker',
    inWorld(async ({ fake, attempt, dependencies }) => {
      Object.assign(dependencies, { callbacks: { mirror: {} } });
      const spec = { ...SPEC, callbacks: ['mirror'] };
      fake.script((pod) => pod.run());
      const first = attempt(spec);
      await fake.until(() => fake.open('log') === 1);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      await fake.until(() => fake.open('log') === 0);
      Object.assign(dependencies, {
        callbacks: {},
        policy: { images: ['none'] },
        templates: { defaults: { spec: { containers: [{ name: 'base', image: 'x' }] } } },
      });
      const second = attempt({ ...spec, templateFile: 'gone.yaml' });
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] as string, { exitCode: 0 });
      assert.equal((await second.result).exitCode, 0);
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'leaves a pod the total that the policy of its day had for a spec that says nothing',
    inWorld(async ({ fake, attempt, dependencies }) => {
      dependencies.policy = { maxRunTime: '2h' };
      fake.script((pod) => pod.run());
      const first = attempt();
      await fake.until(() => fake.open('log') === 1);
      const created = JSON.parse(fake.requests.find(({ verb }) => verb === 'create')?.body ?? '') as V1Pod;
      assert.equal(created.spec?.activeDeadlineSeconds, 2 * 3600 + 60);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      await fake.until(() => fake.open('log') === 0);
      dependencies.policy = { maxRunTime: 1 };
      const second = attempt();
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] as string, { exitCode: 0 });
      assert.equal((await second.result).exitCode, 0);
    }),
  );

  test(
    'leaves the pod its own grace, whatever a newer spec says',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => pod.run());
      const first = attempt({ ...SPEC, grace: '3s' });
      await fake.until(() => fake.open('log') === 1);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      await fake.until(() => fake.open('log') === 0);
      const second = attempt({ ...SPEC, grace: '4s' });
      await fake.until(() => fake.open('log') === 1);
      fake.finish(fake.left()[0] as string, { exitCode: 0 });
      await second.result;
      const asked = fake.requests.find(({ verb }) => verb === 'delete');
      assert.match(asked?.body ?? '', /"gracePeriodSeconds":3/);
    }),
  );
});

suite('a POST', () => {
  test('is sent by an attempt that Temporal has acknowledged lately: after a long wait it is asked again first', (t) =>
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.plan('list', { answerAfter: promise });
      const running = attempt();
      await fake.until(() => fake.count('list') === 1);
      // The list has taken a minute, and somebody has cancelled the task meanwhile.
      const now = performance.now.bind(performance);
      t.mock.method(performance, 'now', () => now() + 60_000);
      temporal.standing = 'cancelled';
      resolve();
      await assert.rejects(running.result, CompleteAsyncError);
      assert.equal(fake.count('create'), 0);
    })());

  test(
    'that is refused for a while comes again when the server says, and not before',
    inWorld(async ({ fake, attempt }) => {
      fake.script(hello);
      fake.plan('create', { answer: 429, retryAfter: 1 });
      const running = attempt();
      await fake.until(() => fake.count('create') === 1);
      const refused = performance.now();
      await fake.until(() => fake.count('create') === 2);
      assert.ok(performance.now() - refused >= 900);
      await running.result;
    }),
  );
});

suite('a pod of an earlier run', () => {
  const EARLIER = { ...KEY, runId: 'run-0' };
  /** It runs, and ends when it is told to. */
  const atWork = async ({ fake, temporal, dependencies: { cluster } }: World) => {
    temporal.run.status = 'TERMINATED';
    const { metadata } = await cluster.createPod('n', { ...podOf(EARLIER), spec: { containers: [{ name: 'base' }] } });
    fake.run(metadata?.name ?? '');
    return metadata?.name ?? '';
  };
  /** What was there at the moment when the gate of a pod was opened. */
  const besides = ({ fake }: World) => {
    const seen: string[][] = [];
    fake.script((pod) => {
      if (pod.pod.metadata?.annotations?.[ANNOTATION.key]?.includes('run-0')) return pod.terminating;
      seen.push(fake.left().filter((name) => name !== pod.name));
      hello(pod);
    });
    return seen;
  };

  test(
    'that the watch has told of goes before ours is created: what it takes of a quota is free then',
    inWorld(async (world) => {
      const { fake, attempt, dependencies } = world;
      besides(world);
      const old = await atWork(world);
      await dependencies.reflector('n').ready();
      assert.equal((await attempt().result).exitCode, 0);
      const acts = fake.requests.filter(({ verb }) => verb === 'create' || verb === 'delete');
      const [, second, third] = acts.map(({ verb, name }) => `${verb} ${name === old ? 'old' : 'new'}`);
      assert.deepEqual([second, third], ['delete old', 'create new']);
    }),
  );

  test(
    'is gone before the gate is opened, though a half-open watch does not tell of it (a workflow reset)',
    inWorld(
      async (world) => {
        const { fake, attempt, dependencies } = world;
        const seen = besides(world);
        await dependencies.reflector('n').ready();
        await fake.until(() => fake.open('watch') === 1);
        fake.stallWatches();
        await atWork(world);
        assert.equal((await attempt().result).exitCode, 0);
        assert.deepEqual(seen, [[]]);
      },
      { waits: { told: 100 } },
    ),
  );

  test(
    'is gone before the gate of an adopted pod is opened, too',
    inWorld(
      async (world) => {
        const { fake, temporal, attempt, dependencies } = world;
        const seen = besides(world);
        await dependencies.reflector('n').ready();
        await fake.until(() => fake.open('watch') === 1);
        fake.stallWatches();
        await atWork(world);
        const { metadata } = await dependencies.cluster.createPod('n', podOf());
        const pod = { namespace: 'n', name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
        temporal.recorded = { v: 1, cluster: dependencies.cluster.id, pod };
        assert.equal((await attempt().result).exitCode, 0);
        assert.deepEqual(seen, [[]]);
      },
      { waits: { told: 100 } },
    ),
  );

  test(
    'costs no request of its own while the watch tells what happens',
    inWorld(async (world) => {
      const { fake, attempt, dependencies } = world;
      fake.script(hello);
      await dependencies.reflector('n').ready();
      await fake.until(() => fake.open('watch') === 1);
      const lists = fake.count('list');
      await attempt().result;
      assert.equal(fake.count('list'), lists);
    }),
  );
});

suite('a pod that is deleted behind its gate', () => {
  test(
    'never ran, and is told so: it is safe to try again',
    inWorld(async ({ fake, temporal, attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const running = attempt();
      await fake.until(() => fake.count('create') === 1);
      temporal.silence = promise;
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      fake.remove(fake.left()[0] as string);
      resolve();
      const { error, details } = await failureOf(running);
      assert.deepEqual([error.type, details.startedEver, fake.ran], ['PodDeleted', false, []]);
      assert.match(error.message, /nothing ran/);
    }),
  );

  test(
    'may have run where it is the answer of the API server that was lost',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        fake.remove(pod.name);
      });
      fake.plan('patch', 'lose answer');
      const { error, details } = await failureOf(attempt());
      assert.deepEqual([error.type, details.startedEver, fake.ran.length], ['PodDeleted', true, 1]);
      assert.match(error.message, /half done/);
    }),
  );
});

suite('a manifest that is refused', () => {
  const refused = { policy: { images: ['none'] } };

  test(
    'leaves nothing behind, and says so',
    inWorld(async ({ fake, attempt, dependencies }) => {
      Object.assign(dependencies, refused);
      const { error, details } = await failureOf(attempt());
      assert.deepEqual([error.type, error.nonRetryable, details.cleanup], ['PolicyRefused', true, { gone: true }]);
      assert.match(error.message, /etl:3/);
      assert.equal(fake.count('create'), 0);
    }),
  );

  test(
    'since it asks for longer than the policy has, says what to set',
    inWorld(async ({ attempt, dependencies }) => {
      dependencies.policy = { maxRunTime: '2h' };
      for (const timeouts of [{ total: '3h' }, { run: '3h' }])
        assert.match(
          (await failureOf(attempt({ ...SPEC, timeouts }))).error.message,
          /set timeouts.total to at most 2h/,
        );
    }),
  );

  test(
    'by a later attempt says nothing of a cleanup: an earlier one may have created the pod',
    inWorld(async ({ temporal, attempt, dependencies }) => {
      Object.assign(dependencies, refused);
      temporal.recorded = { v: 1, cluster: dependencies.cluster.id };
      assert.equal((await failureOf(attempt())).details.cleanup, undefined);
    }),
  );

  test(
    'by a callback: its words reach the author',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const beforeCreate = () => {
        throw new Error('not on Fridays');
      };
      Object.assign(dependencies, { callbacks: { calendar: { beforeCreate } } });
      const { error, details } = await failureOf(attempt({ ...SPEC, callbacks: ['calendar'] }));
      assert.equal(error.type, 'CallbackFailed');
      assert.match(error.message, /calendar\.beforeCreate.*not on Fridays/);
      assert.deepEqual(details.cleanup, { gone: true });
      assert.equal(fake.count('create'), 0);
    }),
  );

  test(
    'a create whose answer was lost adopts what a callback made',
    inWorld(async ({ fake, attempt, dependencies }) => {
      let calls = 0;
      const beforeCreate = (pod: V1Pod) => {
        calls++;
        for (const container of pod.spec?.containers ?? []) container.image = 'mirror/etl:3';
      };
      Object.assign(dependencies, { callbacks: { mirror: { beforeCreate } } });
      fake.script(hello);
      fake.plan('create', 'lose answer');
      assert.equal((await attempt({ ...SPEC, callbacks: ['mirror'] }).result).exitCode, 0);
      assert.deepEqual([fake.created.length, calls], [1, 1]);
    }),
  );
});

suite('a cancel at the first act', () => {
  test(
    'confirms nothing in another cluster than the pod’s',
    inWorld(async ({ fake, temporal, attempt }) => {
      temporal.recorded = { v: 1, cluster: 'another', pod: { namespace: 'n', name: podName('orders', KEY), uid: 'u' } };
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
