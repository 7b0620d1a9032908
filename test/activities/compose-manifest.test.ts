import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../../src/contract/index.ts';
import { readTemplateFile } from '../../src/activities/template-file.ts';
import { composeManifest, type Workshop } from '../../src/activities/compose-manifest.ts';
import { belongsTo } from '../../src/pod/identity.ts';
import { COLLECTOR } from '../../src/pod/collector.ts';
import { KEY } from './support.ts';

const context = { namespace: 'n', task: 'orders', try: 1, key: KEY, deadline: 0, activeDeadlineSeconds: 60 };
const workshop: Workshop = {
  templates: { defaults: {} },
  policy: { serviceAccountTokens: true },
  collectorImage: 'collector:1',
};

interface Scene {
  spec?: PodSpec;
  shop?: Partial<Workshop>;
  beforeCreate?: (pod: V1Pod) => V1Pod;
}
const compose = ({ spec = {}, shop = {}, beforeCreate = (pod) => pod }: Scene = {}) =>
  composeManifest({ ...workshop, ...shop }, { image: 'etl:3', ...spec }, context, {
    beforeCreate: async (pod) => beforeCreate(pod),
  });

async function refusalOf(scene: Scene): Promise<{ type: string; message: string }> {
  const error: unknown = await compose(scene).catch((reason: unknown) => reason);
  assert.ok(error instanceof ApplicationFailure && error.nonRetryable, String(error));
  return { type: error.type ?? '', message: error.message };
}

suite('a manifest is composed', () => {
  test('of the worker’s template under the author’s', async () => {
    const defaults = { metadata: { labels: { team: 'data' } }, spec: { priorityClassName: 'low', hostname: 'h' } };
    const pod = await compose({
      shop: { templates: { defaults } },
      spec: { template: { spec: { priorityClassName: 'high' } } },
    });
    assert.deepEqual(
      [pod.metadata?.labels?.['team'], pod.spec?.priorityClassName, pod.spec?.hostname],
      ['data', 'high', 'h'],
    );
  });

  test('a callback changes everything but the identity, the gate, the deadlines and the one life', async () => {
    const pod = await compose({
      beforeCreate: () => ({
        metadata: { name: 'mine', namespace: 'elsewhere', finalizers: ['x/y'], labels: { mine: 'yes' } },
        spec: { containers: [{ name: 'base', image: 'mine:1' }], restartPolicy: 'Always', activeDeadlineSeconds: 1e6 },
      }),
    });
    assert.ok(belongsTo(pod, KEY));
    assert.equal(pod.metadata?.namespace, 'n');
    assert.notEqual(pod.metadata?.name, 'mine');
    assert.equal(pod.metadata?.finalizers, undefined, 'a finalizer would keep the pod for ever');
    assert.equal(pod.metadata?.labels?.['mine'], 'yes');
    assert.equal(pod.spec?.containers[0]?.image, 'mine:1');
    assert.equal(pod.spec?.restartPolicy, 'Never');
    assert.equal(pod.spec?.activeDeadlineSeconds, 60);
    assert.deepEqual(pod.spec?.schedulingGates, [{ name: 'temporal-pods/recorded' }]);
    assert.ok(pod.spec?.containers[0]?.env?.some(({ name }) => name === 'TEMPORAL_PODS_POD'));
  });

  test('with a result from a file, the collector hands it over, and a callback cannot take it away', async () => {
    const pod = await compose({
      spec: { result: { from: 'file', path: '/out/result.json' } },
      beforeCreate: (given) => ({ ...given, spec: { containers: given.spec?.containers ?? [] } }),
    });
    const collector = pod.spec?.initContainers?.find(({ name }) => name === COLLECTOR);
    assert.equal(collector?.image, 'collector:1');
    assert.equal(collector?.restartPolicy, 'Always');
  });

  test('is refused when a layer asks for half a byte, or mounts what no layer has', async () => {
    const defaults = {
      spec: { containers: [{ name: 'proxy', image: 'p', resources: { limits: { memory: '512m' } } }] },
    };
    assert.match(
      (await refusalOf({ shop: { templates: { defaults } } })).message,
      /spec\.containers\[proxy\]\.resources\.limits\.memory: is less than a byte, got "512m"; m is a thousandth, did you mean "512Mi"\?$/,
    );
    const { type, message } = await refusalOf({ spec: { volumeMounts: [{ name: 'data', mountPath: '/data' }] } });
    assert.equal(type, 'InvalidSpec');
    assert.match(message, /base\]\.volumeMounts\[\/data\]: mounts a volume that no layer has; got "data"$/);
  });

  test('is refused when nobody names an image, and when only the worker’s template would', async () => {
    assert.deepEqual(await refusalOf({ spec: { image: undefined as unknown as string } }), {
      type: 'InvalidSpec',
      message: "image: is missing; the main container 'base' needs one, here or in a template",
    });
    const defaults = { spec: { containers: [{ name: 'base', image: 'old:1' }] } };
    const { type, message } = await refusalOf({ shop: { templates: { defaults } } });
    assert.equal(type, 'InvalidSpec');
    assert.match(message, /templates\.defaults: spec\.containers\[base\]\.image: .*got "old:1"/);
  });

  test('is refused when a callback makes something of it that is no pod', async () => {
    const { type, message } = await refusalOf({
      beforeCreate: (pod) => ({ ...pod, spec: { ...pod.spec, hostnam: 'h' } as unknown as NonNullable<V1Pod['spec']> }),
    });
    assert.equal(type, 'InvalidSpec');
    assert.match(
      message,
      /after beforeCreate: spec\.hostnam: is not a field that Kubernetes knows; did you mean hostname\?/,
    );
  });

  test('is refused by the policy on what will be sent, not on what the author wrote', async () => {
    const { type, message } = await refusalOf({
      shop: { policy: { images: ['etl:*'], serviceAccountTokens: true } },
      beforeCreate: (pod) => ({ ...pod, spec: { containers: [{ name: 'base', image: 'evil:1' }] } }),
    });
    assert.equal(type, 'PolicyRefused');
    assert.match(message, /images.*evil:1/);
  });
});

suite('templateFile', () => {
  let root: string;
  let folder: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'templates-'));
    folder = join(root, 'templates');
    await mkdir(join(folder, 'jobs'), { recursive: true });
    await mkdir(join(root, 'templates-of-others'));
    await writeFile(join(root, 'secret.yaml'), 'apiVersion: v1\nkind: Pod\n');
    await writeFile(join(root, 'templates-of-others', 'a.yaml'), 'apiVersion: v1\nkind: Pod\n');
    await symlink(join(root, 'secret.yaml'), join(folder, 'link.yaml'));
    await symlink(root, join(folder, 'up'));
    await symlink('jobs', join(folder, 'inner'));
  });
  after(() => rm(root, { recursive: true }));

  const pod = (spec: string, head = 'apiVersion: v1\nkind: Pod') =>
    `${head}\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`;
  const templates = () => ({ defaults: {}, folder });
  const withFile = async (text: string, more: PodSpec = {}) => {
    await writeFile(join(folder, 'jobs', 'etl.yaml'), text);
    return { spec: { templateFile: 'jobs/etl.yaml', ...more }, shop: { templates: templates() } };
  };

  test('is a Pod as kubectl takes it, under template and fields; its name is ignored', async () => {
    const text = `# what every job has
apiVersion: v1
kind: Pod
metadata:
  name: anything
  namespace: n
  creationTimestamp: null
  labels: { team: data, stage: file }
spec:
  hostname: file
  subdomain: file
  containers:
    - name: base
      image: file:1
      resources: { limits: { cpu: 1 } }
      volumeMounts: [{ name: key, mountPath: /key }]
  volumes:
    - name: key
      secret: { secretName: key, defaultMode: 0400 }
status: {}
`;
    const made = await compose(
      await withFile(text, {
        image: 'field:1',
        labels: { stage: 'field' },
        template: { spec: { subdomain: 'template' } },
      }),
    );
    assert.notEqual(made.metadata?.name, 'anything');
    assert.deepEqual([made.metadata?.labels?.['team'], made.metadata?.labels?.['stage']], ['data', 'field']);
    assert.deepEqual([made.spec?.hostname, made.spec?.subdomain], ['file', 'template']);
    assert.equal(made.spec?.containers[0]?.image, 'field:1');
    assert.equal(made.spec?.volumes?.[0]?.secret?.defaultMode, 0o400, 'octal, as kubectl reads it');
  });

  test('may itself name the image, and be in a folder that a link inside of the folder leads to', async () => {
    const { shop } = await withFile(pod('containers: [{ name: base, image: "file:1" }]'));
    const made = await compose({
      spec: { image: undefined as unknown as string, templateFile: 'inner/etl.yaml' },
      shop,
    });
    assert.equal(made.spec?.containers[0]?.image, 'file:1');
  });

  test('that is as good as empty says nothing', async () => {
    const empty = await compose(await withFile('apiVersion: v1\nkind: Pod\nmetadata:\nspec:\n'));
    assert.deepEqual(empty, await compose());
  });

  const places: [law: string, file: string, message: RegExp][] = [
    ['a path that leaves the folder', '../secret.yaml', /"\.\.\/secret\.yaml" is not in the worker's folder/],
    ['a way out and in again to a neighbour', '../templates-of-others/a.yaml', /is not in the worker's folder/],
    ['an absolute path', '/etc/passwd', /"\/etc\/passwd" is not in the worker's folder/],
    ['the folder itself', '.', /is not in the worker's folder/],
    ['a link that leaves the folder', 'link.yaml', /"link\.yaml" is a link that leaves/],
    ['a folder that leaves the folder', 'up/secret.yaml', /"up\/secret\.yaml" is a link that leaves/],
    ['a file that is not there', 'jobs/none.yaml', /"jobs\/none\.yaml" cannot be read .*there is no such file/],
    ['a folder', 'jobs', /"jobs" cannot be read .*it is no plain file/],
    ['a device', 'jobs/\0', /is not in the worker's folder/],
  ];
  for (const [law, file, message] of places)
    test(`is refused: ${law}`, async () => {
      const refusal = await refusalOf({ spec: { templateFile: file }, shop: { templates: templates() } });
      assert.equal(refusal.type, 'InvalidSpec');
      assert.match(refusal.message, /templateFile: /);
      assert.match(refusal.message, message);
    });

  const texts: [law: string, text: string, message: RegExp][] = [
    ['broken YAML', 'apiVersion: v1\nkind: [Pod', /is not valid YAML/],
    ['two documents', `${pod('hostname: a')}---\n${pod('hostname: b')}`, /2 YAML documents/],
    ['an empty file', '', /nothing/],
    ['a list', '- a', /must hold a Pod, got \["a"\]/],
    ['another kind', 'apiVersion: batch/v1\nkind: Job', /kind: must be "Pod", got "Job"/],
    ['no kind', 'spec: {}', /kind: must be "Pod", got nothing/],
    ['another version', 'apiVersion: v2\nkind: Pod', /apiVersion: must be "v1", got "v2"/],
    [
      'an unknown field',
      'apiVersion: v1\nkind: Pod\nsepc: { hostname: a }',
      /sepc: is not a field of a template, got {"hostname":"a"}/,
    ],
    [
      'an unknown field of its metadata',
      'apiVersion: v1\nkind: Pod\nmetadata: { finalizers: [a/b] }',
      /metadata\.finalizers: is not a field of a template, got \["a\/b"\]/,
    ],
    [
      'a namespace that is not the pod’s',
      'apiVersion: v1\nkind: Pod\nmetadata: { namespace: prod }',
      /metadata\.namespace: the pod is to be in "n", got "prod"/,
    ],
    [
      'an unknown field of its spec',
      pod('contaners: []'),
      /templateFile jobs\/etl\.yaml: spec\.contaners: .*did you mean containers\?/,
    ],
    [
      'a spec that is none',
      'apiVersion: v1\nkind: Pod\nspec: later',
      /templateFile jobs\/etl\.yaml: spec: must be an object, got "later"/,
    ],
    [
      'a number where text must be',
      pod('containers: [{ name: base, env: [{ name: A, value: 1 }] }]'),
      /spec\.containers\[base\]\.env\[A\]\.value: must be text, got 1/,
    ],
    [
      'two containers of one name',
      pod('containers: [{ name: a, image: x }, { name: a, image: y }]'),
      /templateFile jobs\/etl\.yaml: spec\.containers\[a\]: is said twice/,
    ],
  ];
  for (const [law, text, message] of texts)
    test(`is refused: ${law}`, async () => {
      const refusal = await refusalOf(await withFile(text));
      assert.equal(refusal.type, 'InvalidSpec');
      assert.match(refusal.message, /jobs\/etl\.yaml/);
      assert.match(refusal.message, message);
    });

  test('is refused by a worker without a folder of templates', async () => {
    const { message } = await refusalOf({ spec: { templateFile: 'a.yaml' } });
    assert.match(message, /templateFile: "a\.yaml" cannot be read: this worker has no folder of templates/);
  });

  test('is refused when it is longer than a spec may be', async () => {
    const { message } = await refusalOf(await withFile(`# ${'x'.repeat(256 * 1024)}\n${pod('hostname: a')}`));
    assert.match(message, /more than 262144/);
  });

  test('is parsed once and not for every pod, and again when it has changed', async () => {
    const { spec, shop } = await withFile(pod('hostname: a'));
    const read = async () =>
      (await readTemplateFile(spec.templateFile, shop.templates.folder, 'n')) as { spec: object };
    const first = await read();
    assert.equal((await read()).spec, first.spec, 'the very same object');
    await withFile(pod('hostname: b'));
    assert.deepEqual((await read()).spec, { hostname: 'b' });
  });
});
