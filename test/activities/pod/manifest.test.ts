import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PodSpec } from '../../../src/types.ts';
import { ANNOTATION, belongsTo, keyOf, LABEL, podName, slug } from '../../../src/activities/pod/identity.ts';
import { graceSeconds, podManifest } from '../../../src/activities/pod/manifest.ts';

const key = { temporalNamespaceId: 'ns-1', workflowId: 'sales/2026', runId: 'r-1', activityId: 'orders-1' };
const context = { namespace: 'n', task: 'orders', try: 1, key, deadline: 0, activeDeadlineSeconds: 60 };
const manifest = (spec: PodSpec) => podManifest(spec, context);
const main = (spec: PodSpec) => manifest(spec).spec?.containers[0];

suite('identity', () => {
  test('all attempts of an activity derive one name; another run, activity or Temporal another', () => {
    assert.equal(podName('orders', key), podName('orders', { ...key }));
    for (const other of [
      { runId: 'r-2' },
      { activityId: 'orders-2' },
      { workflowId: 'sales' },
      { temporalNamespaceId: 'ns-2' },
    ])
      assert.notEqual(podName('orders', key), podName('orders', { ...key, ...other }));
  });

  test('ids that only differ in where one ends and the next begins have different names', () => {
    assert.notEqual(
      podName('a', { ...key, workflowId: 'ab', runId: 'c' }),
      podName('a', { ...key, workflowId: 'a', runId: 'bc' }),
    );
  });

  test('the name is a DNS label whatever the task is called', () => {
    for (const task of ['Orders', 'ÄÖÜ', '--', 'a'.repeat(200), 'a b/c_d', '日本', ''])
      assert.match(podName(task, key), /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    assert.equal(slug('a'.repeat(39) + '--b'), 'a'.repeat(39));
  });

  test('a pod carries its full key, and only that key makes it ours', () => {
    const pod = manifest({ image: 'x' });
    assert.deepEqual(keyOf(pod), key);
    assert.ok(belongsTo(pod, key));
    assert.ok(!belongsTo(pod, { ...key, runId: 'r-2' }));
    assert.ok(!belongsTo({ metadata: { labels: pod.metadata?.labels ?? {} } }, key), 'labels alone prove nothing');
  });

  test('an author cannot take the identity away', () => {
    const pod = manifest({
      image: 'x',
      labels: { 'app.kubernetes.io/managed-by': 'me', [LABEL.key]: 'x' },
      annotations: { [ANNOTATION.key]: '{}' },
    });
    assert.equal(pod.metadata?.labels?.['app.kubernetes.io/managed-by'], 'temporal-pods');
    assert.ok(belongsTo(pod, key));
  });
});

suite('spec → manifest', () => {
  test('a plain spec gives a pod that Pod Security “restricted” admits, behind the gate, that never restarts', () => {
    assert.deepEqual(
      manifest({ image: 'x', command: ['run'], args: ['it'], env: { A: '1' }, resources: { limits: { cpu: '1' } } })
        .spec,
      {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        activeDeadlineSeconds: 60,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          runAsGroup: 65532,
          fsGroup: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            name: 'base',
            image: 'x',
            command: ['run'],
            args: ['it'],
            env: [{ name: 'A', value: '1' }],
            resources: { limits: { cpu: '1' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
        restartPolicy: 'Never',
        schedulingGates: [{ name: 'temporal-pods/recorded' }],
      },
    );
  });

  test('fields win over the template, containers match by name, the main one comes first', () => {
    const spec: PodSpec = {
      image: 'new',
      env: { A: 'field' },
      mainContainer: 'work',
      template: {
        spec: {
          containers: [
            { name: 'proxy', image: 'proxy' },
            {
              name: 'work',
              image: 'old',
              env: [
                { name: 'A', value: 'template' },
                { name: 'B', value: 'kept' },
              ],
              workingDir: '/w',
            },
          ],
        },
      },
    };
    assert.deepEqual(
      manifest(spec).spec?.containers.map(({ name, image }) => [name, image]),
      [
        ['work', 'new'],
        ['proxy', 'proxy'],
      ],
    );
    assert.deepEqual(main(spec)?.env, [
      { name: 'B', value: 'kept' },
      { name: 'A', value: 'field' },
    ]);
    assert.equal(main(spec)?.workingDir, '/w');
  });

  test('the template may loosen the security defaults, one setting at a time', () => {
    const { securityContext } =
      manifest({ image: 'x', template: { spec: { securityContext: { runAsUser: 0, runAsNonRoot: false } } } }).spec ??
      {};
    assert.equal(securityContext?.runAsUser, 0);
    assert.deepEqual(securityContext?.seccompProfile, { type: 'RuntimeDefault' });
  });

  test('nodeName, which a gated pod may not have, becomes a node affinity', () => {
    const spec = manifest({ image: 'x', template: { spec: { nodeName: 'node-7' } } }).spec;
    assert.equal(spec?.nodeName, undefined);
    assert.deepEqual(spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, [
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-7'] }] },
    ]);
  });

  test('grace: the field, else the template’s, else 30 s; whole seconds', () => {
    assert.equal(graceSeconds({ image: 'x' }), 30);
    assert.equal(graceSeconds({ image: 'x', template: { spec: { terminationGracePeriodSeconds: 7 } } }), 7);
    assert.equal(
      graceSeconds({ image: 'x', grace: '1500ms', template: { spec: { terminationGracePeriodSeconds: 7 } } }),
      2,
    );
  });
});
