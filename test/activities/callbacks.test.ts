/** The author's own code around a pod: called at its moment, with what it needs, and never able to lose the pod. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { FakePod } from '../support/fake-cluster.ts';
import { failureOf, inWorld, linesOf, SPEC, type World } from '../support/pods.ts';
import type { CallbackRegistry, PodCallbacks, PodSpec } from '../../src/contract/index.ts';

const CALLED: PodSpec = { ...SPEC, callbacks: ['mine'] };

const speak = (pod: FakePod) => {
  pod.run();
  pod.print('hello');
  pod.print('world');
  pod.finish({ exitCode: 0, message: '{"rows": 3}' });
};

const register = ({ dependencies }: World, callbacks: CallbackRegistry) => {
  dependencies.callbacks = callbacks;
};

/** Runs one pod with these callbacks to its good end. */
async function ran(world: World, mine: PodCallbacks, spec = CALLED) {
  world.fake.script(speak);
  register(world, { mine });
  return world.attempt(spec).result;
}

suite('the moments of a callback', () => {
  test(
    'before the create, at the start, for each line, at the end, in this order, and each is told where it is',
    inWorld(async (world) => {
      const called: string[] = [];
      const contexts = new Set<string>();
      const note = (what: string, context: object) => {
        called.push(what);
        contexts.add(JSON.stringify(context));
      };
      await ran(world, {
        beforeCreate: (manifest, context) =>
          note(`create ${manifest.spec?.containers[0]?.image}, ${world.fake.created.length} there`, context),
        onStart: (pod, context) => note(`start ${pod.status?.phase}`, context),
        onLogLine: ({ container, text }, context) => note(`${container}: ${text}`, context),
        onEnd: ({ outcome, output }, context) =>
          note(`end ${outcome.kind} ${JSON.stringify(output)}, ${world.fake.left().length} left`, context),
      });
      assert.equal(called[0], 'create etl:3, 0 there');
      assert.equal(called.at(-1), 'end Succeeded {"rows":3}, 1 left');
      assert.match(called.find((what) => what.startsWith('start')) ?? '', /start (Running|Succeeded)/);
      assert.deepEqual(
        called.filter((what) => what.startsWith('base: ')),
        ['base: hello', 'base: world'],
      );
      const context = { workflowId: 'sales', runId: 'run-1', activityId: 'orders-1', task: 'orders', try: 1 };
      assert.deepEqual([...contexts], [JSON.stringify(context)]);
    }),
  );

  test(
    'at the end also of a pod that failed',
    inWorld(async (world) => {
      const kinds: string[] = [];
      register(world, { mine: { onEnd: ({ outcome }) => void kinds.push(outcome.kind) } });
      world.fake.script((pod) => {
        pod.run();
        pod.finish({ exitCode: 3 });
      });
      await failureOf(world.attempt(CALLED));
      assert.deepEqual(kinds, ['ContainerFailed']);
    }),
  );

  test(
    'several in the order of the spec',
    inWorld(async (world) => {
      const called: string[] = [];
      const named = (name: string): PodCallbacks => ({ onEnd: () => void called.push(name) });
      world.fake.script(speak);
      register(world, { a: named('a'), b: named('b'), c: named('c') });
      await world.attempt({ ...SPEC, callbacks: ['c', 'a'] }).result;
      assert.deepEqual(called, ['c', 'a']);
    }),
  );

  test(
    'again for the worker that comes after one, until the end is recorded',
    inWorld(async (world) => {
      const called: string[] = [];
      let ended!: () => void;
      const endSeen = new Promise<void>((resolve) => (ended = resolve));
      register(world, {
        mine: {
          onStart: () => void called.push('start'),
          onEnd: () => {
            called.push('end');
            ended();
            return called.filter((what) => what === 'end').length === 1
              ? new Promise<void>(() => undefined)
              : undefined;
          },
        },
      });
      world.fake.script(speak);
      const first = world.attempt(CALLED);
      await endSeen;
      first.end('workerShutdown');
      await assert.rejects(first.result);
      assert.equal(
        world.temporal.recorded?.ended,
        undefined,
        'a callback that was interrupted has not heard of the end',
      );
      const { outcome, problems } = await world.attempt(CALLED).result;
      assert.deepEqual([outcome, problems], ['Succeeded', undefined]);
      assert.deepEqual(called, ['start', 'end', 'start', 'end']);
      assert.equal(world.fake.created.length, 1);
    }),
  );
});

suite('before the create', () => {
  const labelled = (manifest: V1Pod) => {
    manifest.metadata = { ...manifest.metadata, labels: { ...manifest.metadata?.labels, cost: 'sales' } };
  };

  test(
    'the manifest is changed in place, or replaced, one callback after the other',
    inWorld(async (world) => {
      const { fake } = world;
      let sent: V1Pod | undefined;
      fake.script((pod) => {
        sent = structuredClone(fake.pod(fake.left()[0] as string));
        speak(pod);
      });
      register(world, {
        mine: { beforeCreate: labelled },
        other: { beforeCreate: async (manifest) => ({ ...manifest, spec: { ...manifest.spec!, hostname: 'etl' } }) },
      });
      await world.attempt({ ...SPEC, callbacks: ['mine', 'other'] }).result;
      assert.equal(sent?.metadata?.labels?.['cost'], 'sales');
      assert.equal(sent?.spec?.hostname, 'etl');
    }),
  );

  test(
    'a name, a namespace or an identity that it makes up is not believed',
    inWorld(async (world) => {
      const { pod } = await ran(world, {
        beforeCreate: (manifest) => ({ ...manifest, metadata: { name: 'mine', namespace: 'kube-system' } }),
      });
      assert.equal(pod.namespace, 'n');
      assert.match(pod.name, /^orders-/);
      assert.deepEqual(world.fake.left(), []);
    }),
  );

  const refusals: [law: string, beforeCreate: PodCallbacks['beforeCreate'], says: RegExp][] = [
    [
      'an error',
      () => {
        throw new Error('no budget');
      },
      /^callback mine\.beforeCreate refuses the pod: no budget$/,
    ],
    ['a rejection', () => Promise.reject(new TypeError('no price')), /refuses the pod: no price$/],
    ['something that is no pod', (() => 'a pod') as never, /must return a pod or nothing, returned "a pod"/],
    [
      'a pod that cannot be sent',
      (manifest) => {
        (manifest as { self?: unknown }).self = manifest;
      },
      /circular/,
    ],
  ];
  for (const [law, beforeCreate, says] of refusals)
    test(
      `${law} refuses the pod, and nothing is created`,
      inWorld(async (world) => {
        register(world, { mine: { ...(beforeCreate && { beforeCreate }) } });
        const { error, details } = await failureOf(world.attempt(CALLED));
        assert.equal(error.type, 'CallbackFailed');
        assert.match(error.message, says);
        assert.deepEqual(details.cleanup, { gone: true });
        assert.deepEqual(world.fake.created, []);
      }),
    );

  test(
    'a worker that stops does not wait for it: the next one creates the pod',
    inWorld(async (world) => {
      world.fake.script(speak);
      let asked!: () => void;
      const begun = new Promise<void>((resolve) => (asked = resolve));
      let times = 0;
      register(world, {
        mine: {
          beforeCreate: () => {
            asked();
            return ++times === 1 ? new Promise<void>(() => undefined) : undefined;
          },
        },
      });
      const first = world.attempt(CALLED);
      await begun;
      first.end('workerShutdown');
      await assert.rejects(first.result, { name: 'CancelledFailure' });
      assert.equal((await world.attempt(CALLED).result).outcome, 'Succeeded');
    }),
  );
});

suite('a callback that fails', () => {
  const fail = () => {
    throw new Error('oops');
  };
  const moments: [moment: keyof PodCallbacks, problem: string][] = [
    ['onStart', 'callback mine.onStart: oops'],
    ['onLogLine', 'callback mine.onLogLine: oops (2 times)'],
    ['formatLine', 'callback mine.formatLine: oops (2 times)'],
    ['onEnd', 'callback mine.onEnd: oops'],
  ];
  for (const [moment, problem] of moments)
    test(
      `${moment}: is told in the result, which is good; the log is whole, and the pod gone`,
      inWorld(async (world) => {
        const result = await ran(world, { [moment]: fail }, { ...CALLED, logs: { print: true } });
        assert.deepEqual(result.output, { rows: 3 });
        assert.deepEqual(result.problems, [problem]);
        assert.deepEqual(await linesOf(result), ['hello', 'world']);
        assert.deepEqual(world.fake.left(), []);
      }),
    );

  test(
    'is told in the failure of a pod that failed, beside it',
    inWorld(async (world) => {
      register(world, { mine: { onEnd: () => Promise.reject(new Error('oops')) } });
      world.fake.script((pod) => {
        pod.run();
        pod.finish({ exitCode: 3 });
      });
      const { error, details } = await failureOf(world.attempt(CALLED));
      assert.equal(error.type, 'ContainerFailed');
      assert.deepEqual(details.problems, ['callback mine.onEnd: oops']);
    }),
  );

  test(
    'does not keep the next one from being called',
    inWorld(async (world) => {
      let called = false;
      world.fake.script(speak);
      register(world, { bad: { onEnd: fail }, mine: { onEnd: () => void (called = true) } });
      await world.attempt({ ...SPEC, callbacks: ['bad', 'mine'] }).result;
      assert.ok(called);
    }),
  );

  test(
    'later, with a promise that nobody waits for, is told too',
    inWorld(async (world) => {
      const later = async () => fail();
      const { problems } = await ran(world, { onLogLine: () => later() as unknown });
      assert.deepEqual(problems, ['callback mine.onLogLine: oops (2 times)']);
    }),
  );
});

suite('what a callback is given', () => {
  test(
    'is a copy: who changes it changes nothing',
    inWorld(async (world) => {
      const result = await ran(world, {
        onStart: (pod) => {
          pod.status = { phase: 'Failed', reason: 'Evicted' };
          delete pod.metadata;
        },
        onLogLine: (line) => {
          line.text = 'mine';
        },
        onEnd: (end) => {
          end.outcome.kind = 'OOMKilled';
          end.output = 'mine';
        },
      });
      assert.equal(result.outcome, 'Succeeded');
      assert.deepEqual(result.output, { rows: 3 });
      assert.equal(result.problems, undefined);
    }),
  );

  test(
    'of the place where it is, cannot be changed',
    inWorld(async (world) => {
      const { problems } = await ran(world, {
        onStart: (_pod, context) => {
          (context as { task: string }).task = 'mine';
        },
      });
      assert.match(problems?.[0] ?? '', /^callback mine\.onStart: Cannot assign to read only property 'task'/);
    }),
  );
});

suite('a name that this worker does not have', () => {
  for (const name of ['constructor', 'toString', '__proto__'])
    test(
      `is also that of what every object has: ${name}`,
      inWorld(async (world) => {
        register(world, {});
        const { error } = await failureOf(world.attempt({ ...SPEC, callbacks: [name] }));
        assert.equal(error.type, 'InvalidSpec');
        assert.match(error.message, new RegExp(`none that is called "${name}"`));
        assert.equal(world.fake.count('create'), 0);
      }),
    );

  test(
    'is refused before anything is created, with the one that was meant',
    inWorld(async (world) => {
      register(world, { mine: { onEnd: () => undefined } });
      const { error } = await failureOf(world.attempt({ ...SPEC, callbacks: ['min'] }));
      assert.equal(error.type, 'InvalidSpec');
      assert.match(error.message, /callbacks: this worker has none that is called "min"; did you mean "mine"\?/);
      assert.deepEqual(world.fake.created, []);
    }),
  );

  test(
    'is told and no more when the pod is there: a deploy without it does not end the pod',
    inWorld(async (world) => {
      const { fake, temporal } = world;
      register(world, { mine: { onEnd: () => undefined } });
      let go!: () => void;
      const deployed = new Promise<void>((resolve) => (go = resolve));
      fake.script(async (pod) => {
        pod.run();
        await deployed;
        pod.finish({ exitCode: 0 });
      });
      const first = world.attempt(CALLED);
      await temporal.until(() => temporal.heartbeats.at(-1)?.phase === 'Running');
      first.end('workerShutdown');
      await assert.rejects(first.result);
      register(world, {});
      const second = world.attempt(CALLED);
      go();
      const { outcome, problems } = await second.result;
      assert.equal(outcome, 'Succeeded');
      assert.deepEqual(problems, ['callback mine: this worker has none of that name, so it was not called']);
    }),
  );
});
