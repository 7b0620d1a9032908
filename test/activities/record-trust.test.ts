/** What an attempt finds in the heartbeat details is input: anyone who may write to Temporal can have written it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PodEnd, PodRecord } from '../../src/contract/index.ts';
import { podName } from '../../src/pod/identity.ts';
import { failureOf, inWorld, linesOf, SPEC, type World } from '../support/pods.ts';
import { hello, KEY } from './support.ts';

const OWN = podName('orders', KEY);

/** A pod that another program made and that runs. */
async function foreign({ fake, dependencies }: World, name: string) {
  fake.script((pod) => {
    pod.run();
    pod.print('secret of somebody else');
  });
  const pod = await dependencies.cluster.createPod('n', {
    metadata: { name, labels: { app: 'database' } },
    spec: { containers: [{ name: 'base', image: 'postgres' }] },
  });
  await fake.until(() => fake.pod(name).status?.phase === 'Running');
  fake.script(hello);
  return { namespace: 'n', name, uid: pod.metadata?.uid ?? '' };
}

const endedWell = (more: Partial<PodEnd> = {}): PodEnd => ({
  outcome: { kind: 'Succeeded', exitCode: 0, startedEver: true },
  times: {},
  logs: { uri: 'file:///nowhere', lines: 1, bytes: 1, gaps: 0, tail: '' },
  ...more,
});

const recordOf = ({ dependencies }: World, more: Partial<Record<keyof PodRecord, unknown>>) =>
  ({ v: 1, cluster: dependencies.cluster.id, ...more }) as PodRecord;

const isLeft = ({ fake }: World, name: string) => fake.left().includes(name);

suite('a record that names a pod of somebody else', () => {
  const ends: [string, Partial<PodRecord>][] = [
    ['', {}],
    [', as one that has ended', { ended: endedWell() }],
  ];
  for (const [what, more] of ends) {
    test(
      `${what ? `with an end` : 'without one'} leads neither to its log nor to its deletion${what}`,
      inWorld(async (here) => {
        const pod = await foreign(here, 'database');
        here.temporal.recorded = recordOf(here, { pod, ...more });
        const end = await here.attempt().result.then(
          async (result) => (await linesOf(result)).join(),
          (error: Error) => error.message,
        );
        assert.ok(!end.includes('secret'), end);
        assert.ok(isLeft(here, 'database'));
        assert.equal(here.fake.count('delete', 'database'), 0);
      }),
    );
    test(
      `under the very name of ours is not touched${what}`,
      inWorld(async (here) => {
        const pod = await foreign(here, OWN);
        here.temporal.recorded = recordOf(here, { pod, ...more });
        await here.attempt().result.catch(() => undefined);
        assert.ok(isLeft(here, OWN));
        assert.equal(here.fake.count('delete'), 0);
      }),
    );
    test(
      `is not believed when the pod cannot be read${what}`,
      inWorld(
        async (here) => {
          const pod = await foreign(here, OWN);
          here.temporal.recorded = recordOf(here, { pod, ...more });
          here.fake.plan('read', { answer: 500 }, { times: 20 });
          const attempt = here.attempt();
          await here.fake.until(() => here.fake.count('read') >= 1);
          attempt.end('cancelRequested');
          await attempt.result.catch(() => undefined);
          assert.ok(isLeft(here, OWN));
        },
        { waits: { look: { firstMs: 1, mostMs: 1, tries: 6 } } },
      ),
    );
  }
});

suite('a record that names no pod at all', () => {
  const refs: [string, unknown][] = [
    ['an empty name', { namespace: 'n', name: '', uid: 'u' }],
    ['a path as its name', { namespace: 'n', name: '..', uid: 'u' }],
    ['a path as its namespace', { namespace: '../../x', name: OWN, uid: 'u' }],
    ['a namespace that is not served', { namespace: 'kube-system', name: OWN, uid: 'u' }],
    ['no uid', { namespace: 'n', name: OWN }],
    ['an empty uid', { namespace: 'n', name: OWN, uid: '' }],
    ['a path as its uid', { namespace: 'n', name: OWN, uid: '../../../etc' }],
    ['a number', 7],
  ];
  for (const [what, pod] of refs)
    for (const ended of [undefined, endedWell()])
      test(
        `but ${what}${ended ? ', as one that has ended' : ''}, asks the API for nothing but our own pod`,
        inWorld(async (here) => {
          here.fake.script(hello);
          here.temporal.recorded = recordOf(here, { pod, ...(ended && { ended }) });
          const { error } = await failureOf(here.attempt());
          assert.equal(error.type, 'PodDeleted', 'what an unreadable record remembered may have been work');
          const paths = here.fake.requests.filter(({ verb }) => verb === 'read' || verb === 'delete');
          assert.deepEqual([...new Set(paths.map(({ name }) => name))], [OWN]);
          assert.equal(here.fake.count('create'), 0);
        }),
      );

  test(
    'and an own pod that is there is adopted all the same',
    inWorld(async (here) => {
      here.fake.script((pod) => pod.run());
      const first = here.attempt();
      await here.fake.until(() => here.fake.ran.length === 1);
      first.end('workerShutdown');
      await first.result.catch(() => undefined);
      here.temporal.recorded = recordOf(here, { pod: 'nonsense' });
      const second = here.attempt();
      here.fake.finish(OWN, { exitCode: 0 });
      assert.equal((await second.result).outcome, 'Succeeded');
      assert.equal(here.fake.ran.length, 1);
    }),
  );

  for (const record of ['text', 7, [], { v: 2 }, { v: 1 }])
    test(
      `${JSON.stringify(record)} is no record, and no pod is made beside the one that it may have told of`,
      inWorld(async (here) => {
        here.fake.script(hello);
        here.temporal.recorded = record as unknown as PodRecord;
        const { error, details } = await failureOf(here.attempt());
        assert.equal(error.type, 'PodDeleted');
        assert.match(details.message ?? '', /record of the earlier attempts/);
        assert.equal(details.startedEver, true, 'so no free try follows');
      }),
    );
});

suite('a recorded end', () => {
  for (const name of ['secret.json', '/dev/zero'])
    for (const place of ['log root', 'nonsense'])
      test(
        `has its result file beside the log of its own pod, and not as ${name} in ${place}`,
        inWorld(async (here) => {
          const { logRoot } = here.dependencies;
          await writeFile(join(logRoot, 'secret.json'), '"secret"');
          const sha256 = createHash('sha256').update('"secret"').digest('hex');
          const uri = place === 'nonsense' ? place : pathToFileURL(logRoot).href;
          here.temporal.recorded = recordOf(here, {
            pod: { namespace: 'n', name: OWN, uid: 'u' },
            ended: endedWell({ outputFile: { name, sha256 }, logs: { uri, lines: 1, bytes: 1, gaps: 0, tail: '' } }),
          });
          const { error } = await failureOf(here.attempt());
          assert.ok(!error.message.includes('secret.json'), error.message);
          assert.ok(!error.message.includes('/dev/zero'), error.message);
        }),
      );

  for (const [what, ended] of [
    ['of no known kind', endedWell({ outcome: { kind: 'Splendid' as 'Succeeded', startedEver: true } })],
    ['without logs', { outcome: { kind: 'Succeeded', startedEver: true }, times: {} }],
    ['that is text', 'Succeeded'],
  ] as const)
    test(
      `${what} is none: what the pod says counts`,
      inWorld(async (here) => {
        here.fake.script((pod) => pod.run());
        const first = here.attempt(SPEC);
        await here.fake.until(() => here.fake.ran.length === 1);
        first.end('workerShutdown');
        await first.result.catch(() => undefined);
        here.temporal.recorded = { ...here.temporal.recorded, ended } as unknown as PodRecord;
        const second = here.attempt(SPEC);
        here.fake.finish(OWN, { exitCode: 3 });
        assert.equal((await failureOf(second)).error.type, 'ContainerFailed');
      }),
    );
});
