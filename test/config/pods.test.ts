/** The options of the plugin: they mean what the worker's variables mean, and what is wrong is named before anything is made. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Problem } from '../../src/common/problem.ts';
import { podsConfig, type TemporalPodsOptions } from '../../src/config/index.ts';
import { variables } from '../../src/config/variables.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pods-'));
});
after(() => rm(folder, { recursive: true }));

const CONTEXT = { context: 'my-cluster' };

suite('the options of the plugin', () => {
  test('alone the context: everything else is what a worker without variables has', async () => {
    const { kubernetes, heartbeatTimeout, sweepEvery, logRoot, files } = podsConfig(CONTEXT);
    assert.deepEqual(kubernetes, {
      context: 'my-cluster',
      namespaces: ['default'],
      maxPods: 500,
      collectorImage: 'busybox:1.37',
    });
    assert.deepEqual([heartbeatTimeout, sweepEvery], [30_000, '5m']);
    assert.match(logRoot, /temporal-pods\/logs$/);
    assert.deepEqual((await files()).callbacks, {});
  });

  test('are what was said', () => {
    const { kubernetes, heartbeatTimeout, sweepEvery, logRoot } = podsConfig({
      ...CONTEXT,
      kubeconfig: '/kube/config',
      namespace: ['etl', 'ml'],
      logDir: '/logs',
      maxPods: 7,
      sweepEvery: 60_000,
      heartbeatTimeout: '1m',
      collectorImage: 'mirror/busybox:1',
    });
    assert.deepEqual(kubernetes, {
      context: 'my-cluster',
      kubeconfig: '/kube/config',
      namespaces: ['etl', 'ml'],
      maxPods: 7,
      collectorImage: 'mirror/busybox:1',
    });
    assert.deepEqual([heartbeatTimeout, sweepEvery, logRoot], [60_000, '60000', '/logs']);
    assert.equal(podsConfig({ ...CONTEXT, sweepEvery: 'never' }).sweepEvery, undefined);
  });

  test('each of them is a variable of the worker', () => {
    // What it does not know it refuses.
    const all =
      'context kubeconfig namespace logDir maxPods sweepEvery heartbeatTimeout template templates policy callbacks collectorImage';
    for (const option of all.split(' ')) {
      const name = `TEMPORAL_PODS_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      const value = { maxPods: '5', sweepEvery: '5m', heartbeatTimeout: '1m' }[option] ?? 'x';
      assert.doesNotThrow(() => variables({ [name]: value }), name);
    }
  });

  test('callbacks may be given as they are; the files are read when a worker is made', async () => {
    const policy = join(folder, 'policy.yaml');
    await writeFile(policy, 'images: ["etl:*"]');
    let ends = 0;
    const { files } = podsConfig({ ...CONTEXT, policy, callbacks: { audit: { onEnd: () => void ends++ } } });
    const { callbacks, policy: read } = await files();
    await callbacks['audit']?.onEnd?.({} as never, {} as never);
    assert.equal(ends, 1);
    assert.deepEqual(read.images, ['etl:*']);
  });

  const wrong: [law: string, options: object | undefined, says: RegExp][] = [
    ['none at all', undefined, /must be given an object of options, got undefined/],
    ['no context: the current one is never used', {}, /context: must name a context of the kubeconfig/],
    ['an empty context', { context: '' }, /context=: /],
    ['an option that there is not', { ...CONTEXT, maxPod: 5 }, /maxPod: there is no such option.*maxPods/],
    ['a number in the place of a string', { context: 5 }, /context=5: must be a string/],
    ['a string in the place of a number', { ...CONTEXT, maxPods: 'many' }, /maxPods="many": must be a number/],
    ['a number out of its bounds', { ...CONTEXT, maxPods: 0 }, /maxPods=0: must be 1 to 10000/],
    ['no whole number', { ...CONTEXT, maxPods: NaN }, /maxPods=NaN: /],
    [
      'a namespace that is none',
      { ...CONTEXT, namespace: ['etl', 'M L'] },
      /namespace=etl,M L: is not a list of namespaces/,
    ],
    ['no namespace', { ...CONTEXT, namespace: [] }, /namespace=\[\]: must be a namespace or a list of them/],
    [
      'a length of time that is none',
      { ...CONTEXT, sweepEvery: 'often' },
      /sweepEvery=often: is neither a length of time nor never/,
    ],
    [
      'a bare number that means seconds',
      { ...CONTEXT, heartbeatTimeout: 30 },
      /heartbeatTimeout=30: is not a length of time from 10s to 10m/,
    ],
    [
      'a file that is not there',
      { ...CONTEXT, policy: '/no/such.yaml' },
      /policy=\/no\/such\.yaml: there is no such file/,
    ],
    [
      'a folder that is not there',
      { ...CONTEXT, templates: '/no/such' },
      /templates=\/no\/such: there is no such folder/,
    ],
    [
      'a callback that is none',
      { ...CONTEXT, callbacks: { audit: { onend() {} } } },
      /callbacks.*audit\.onend: is no callback.*onEnd/s,
    ],
  ];
  for (const [law, options, says] of wrong)
    test(`are refused with ${law}`, () => {
      assert.throws(
        () => podsConfig(options as TemporalPodsOptions),
        (error: unknown) => {
          assert.ok(error instanceof Problem, String(error));
          assert.match(error.message, says);
          assert.match(error.message, /^temporalPods: /);
          assert.doesNotMatch(error.message, /TEMPORAL_PODS|environment/);
          return error.exitCode === 2;
        },
      );
    });

  test('what is wrong in a file is told with the option', async () => {
    const template = join(folder, 'template.yaml');
    await writeFile(template, 'kind: Deployment');
    const { files, inItsWords } = podsConfig({ ...CONTEXT, template });
    const problem = await files().catch(inItsWords);
    assert.match(String(problem), /^Problem: temporalPods: template=.*template\.yaml: .*kind: must be "Pod"/s);
  });
});
