import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1PodSpec } from '@kubernetes/client-node';
import type { PodSpec } from '../../src/contract/index.ts';
import { ANNOTATION, belongsTo, keyOf, LABEL, podName, slug } from '../../src/pod/identity.ts';
import { ManifestFault, podManifest } from '../../src/pod/manifest.ts';

const key = { temporalNamespaceId: 'ns-1', workflowId: 'sales/2026', runId: 'r-1', activityId: 'orders-1' };
const fence = [
  { name: 'TEMPORAL_PODS_WORKFLOW_ID', value: 'sales/2026' },
  { name: 'TEMPORAL_PODS_RUN_ID', value: 'r-1' },
  { name: 'TEMPORAL_PODS_TASK', value: 'orders' },
  { name: 'TEMPORAL_PODS_TRY', value: '1' },
  { name: 'TEMPORAL_PODS_POD', value: 'orders-1' },
];
const context = { namespace: 'n', task: 'orders', try: 1, key, deadline: 0, activeDeadlineSeconds: 60 };
const manifest = (spec: PodSpec) => podManifest(spec, context);
const main = (spec: PodSpec) => manifest(spec).spec?.containers[0];
/** The manifest's spec, of a template alone. */
const specOf = (template: Partial<V1PodSpec>, more: PodSpec = {}) =>
  manifest({ image: 'x', template: { spec: template }, ...more }).spec;

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

suite('spec → manifest: what nobody said', () => {
  test('a plain spec gives a pod that Pod Security “restricted” admits, behind the gate, that never restarts', () => {
    const spec = manifest({
      image: 'x',
      command: ['run'],
      args: ['it'],
      env: { A: '1' },
      resources: { limits: { cpu: '1' } },
    }).spec;
    assert.deepEqual(spec, {
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
          env: [...fence, { name: 'A', value: '1' }],
          resources: { limits: { cpu: '1' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      restartPolicy: 'Never',
      schedulingGates: [{ name: 'temporal-pods/recorded' }],
    });
  });

  test('every container gets the restricted defaults, init containers and sidecars too', () => {
    const spec = specOf({
      containers: [{ name: 'side', image: 's' }],
      initContainers: [{ name: 'init', image: 'i' }],
    });
    for (const { securityContext } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])])
      assert.deepEqual(securityContext, { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
  });

  test('a template may loosen them, one setting at a time, and remove one with null', () => {
    const spec = specOf({
      securityContext: { runAsUser: 7, fsGroup: null as unknown as number },
      containers: [{ name: 'base', securityContext: { capabilities: { add: ['NET_BIND_SERVICE'] } } }],
    });
    assert.deepEqual(spec?.securityContext, {
      runAsNonRoot: true,
      runAsUser: 7,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    assert.deepEqual(spec?.containers[0]?.securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    });
  });

  test('a default gives way where it contradicts what was said: the pod could not be created, or not run', () => {
    const of = (securityContext: object) =>
      specOf({ containers: [{ name: 'base', securityContext }] })?.containers[0]?.securityContext;
    assert.equal(of({ privileged: true })?.allowPrivilegeEscalation, undefined);
    assert.equal(of({ capabilities: { add: ['CAP_SYS_ADMIN'] } })?.allowPrivilegeEscalation, undefined);
    assert.equal(of({ capabilities: { add: ['CHOWN'] } })?.allowPrivilegeEscalation, false);
    assert.equal(of({ runAsUser: 0 })?.runAsNonRoot, false);
    assert.equal(specOf({ securityContext: { runAsUser: 0 } })?.securityContext?.runAsNonRoot, false);
    assert.equal(
      of({ runAsUser: 0, runAsNonRoot: true })?.runAsNonRoot,
      true,
      'what was said stands, also against itself',
    );
  });

  test('a pod for Windows has none of what only Linux knows', () => {
    const spec = specOf({ os: { name: 'windows' } });
    assert.deepEqual(spec?.securityContext, { runAsNonRoot: true });
    assert.deepEqual(spec?.containers[0]?.securityContext, {});
  });
});

suite('spec → manifest: the order of the layers', () => {
  test('a limit that is null takes a template’s away', () => {
    const layers = [
      {
        from: 'templates.defaults',
        pod: {
          spec: { containers: [{ name: 'base', resources: { limits: { 'nvidia.com/gpu': '1', memory: '1Gi' } } }] },
        },
      },
    ];
    const spec = { image: 'x', resources: { limits: { 'nvidia.com/gpu': null } } };
    assert.deepEqual(podManifest(spec, context, layers).spec?.containers[0]?.resources, { limits: { memory: '1Gi' } });
  });

  const layer = (from: string, env: object, more: object = {}) => ({
    from,
    pod: { metadata: { labels: { last: from } }, spec: { containers: [{ name: 'base', env: [env] }], ...more } },
  });

  test('defaults < the worker’s < the file < the template < the fields', () => {
    const names = ['operator', 'file', 'template', 'fields'];
    // Each layer says the variables of itself and of all layers under it.
    const env = (from: string) => names.slice(0, names.indexOf(from) + 1).map((name) => ({ name, value: from }));
    const of = (from: string) => ({ from, pod: { spec: { containers: [{ name: 'base', env: env(from) }] } } });
    const spec: PodSpec = {
      image: 'x',
      template: of('template').pod,
      env: Object.fromEntries(env('fields').map(({ name, value }) => [name, value])),
    };
    const upTo = (layers: number) =>
      podManifest(layers > 3 ? spec : { image: 'x', ...(layers > 2 && { template: of('template').pod }) }, context, [
        of('operator'),
        of('file'),
      ]).spec?.containers[0]?.env?.slice(fence.length);
    assert.deepEqual(upTo(2), [
      { name: 'operator', value: 'file' },
      { name: 'file', value: 'file' },
    ]);
    assert.deepEqual(
      upTo(3)?.map(({ value }) => value),
      ['template', 'template', 'template'],
    );
    assert.deepEqual(
      upTo(4)?.map(({ value }) => value),
      ['fields', 'fields', 'fields', 'fields'],
    );
  });

  test('labels, annotations and node selectors of all layers, and null takes one away', () => {
    const below = layer('operator', { name: 'A', value: '1' }, { nodeSelector: { disk: 'ssd', zone: 'a' } });
    const pod = podManifest(
      {
        image: 'x',
        labels: { team: 'sales', last: null },
        annotations: { note: 'hi' },
        nodeSelector: { zone: null, arch: 'arm64' },
        env: { A: null },
      },
      context,
      [below],
    );
    assert.equal(pod.metadata?.labels?.['team'], 'sales');
    assert.ok(!('last' in (pod.metadata?.labels ?? {})));
    assert.equal(pod.metadata?.annotations?.['note'], 'hi');
    assert.deepEqual(pod.spec?.nodeSelector, { disk: 'ssd', arch: 'arm64' });
    assert.deepEqual(pod.spec?.containers[0]?.env, fence);
  });

  test('every field of the spec goes where Kubernetes has it', () => {
    const pod = manifest({
      image: 'x',
      command: ['c'],
      args: ['a'],
      env: {
        TEXT: '',
        SECRET: { secretKeyRef: { name: 's', key: 'k' } },
        CONFIG: { configMapKeyRef: { name: 'c', key: 'k' } },
        IP: { fieldRef: { fieldPath: 'status.podIP' } },
      },
      envFrom: [{ secretRef: { name: 's' } }],
      imagePullPolicy: 'Never',
      imagePullSecrets: ['registry'],
      resources: { requests: { cpu: '1' } },
      volumes: [{ name: 'v', emptyDir: {} }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      nodeSelector: { a: 'b' },
      tolerations: [{ key: 'spot', operator: 'Exists' }],
      serviceAccount: 'sa',
      grace: '1500ms',
    });
    const { containers, ...spec } = pod.spec as V1PodSpec;
    assert.deepEqual(containers[0]?.env?.slice(fence.length), [
      { name: 'TEXT', value: '' },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'CONFIG', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ]);
    assert.deepEqual(containers[0]?.envFrom, [{ secretRef: { name: 's' } }]);
    assert.equal(containers[0]?.imagePullPolicy, 'Never');
    assert.deepEqual(containers[0]?.resources, { requests: { cpu: '1' } });
    assert.deepEqual(containers[0]?.volumeMounts, [{ name: 'v', mountPath: '/v' }]);
    assert.deepEqual(spec.imagePullSecrets, [{ name: 'registry' }]);
    assert.deepEqual(spec.volumes, [{ name: 'v', emptyDir: {} }]);
    assert.deepEqual(spec.nodeSelector, { a: 'b' });
    assert.deepEqual(spec.tolerations, [{ key: 'spot', operator: 'Exists' }]);
    assert.equal(spec.serviceAccountName, 'sa');
    assert.equal(spec.terminationGracePeriodSeconds, 2, 'whole seconds, rounded up');
  });

  test('whatever a template says passes through', () => {
    const template: Partial<V1PodSpec> = {
      activeDeadlineSeconds: 5,
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
      automountServiceAccountToken: true,
      dnsConfig: { nameservers: ['10.0.0.1'] },
      dnsPolicy: 'None',
      enableServiceLinks: true,
      hostAliases: [{ ip: '10.0.0.9', hostnames: ['db'] }],
      hostNetwork: true,
      hostname: 'h',
      overhead: { cpu: '1m' },
      preemptionPolicy: 'Never',
      priorityClassName: 'high',
      runtimeClassName: 'gvisor',
      schedulerName: 'mine',
      setHostnameAsFQDN: false,
      shareProcessNamespace: false,
      subdomain: 's',
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
    };
    const spec = specOf(template) as unknown as Record<string, unknown>;
    for (const [field, value] of Object.entries(template)) assert.deepEqual(spec[field], value, field);
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
    assert.deepEqual(main(spec)?.env?.slice(fence.length), [
      { name: 'A', value: 'field' },
      { name: 'B', value: 'kept' },
    ]);
    assert.equal(main(spec)?.workingDir, '/w');
  });

  test('the older name of serviceAccountName does not win over the newer one of a later layer', () => {
    const spec = specOf({ serviceAccount: 'template' }, { serviceAccount: 'field' });
    assert.deepEqual([spec?.serviceAccountName, spec?.serviceAccount], ['field', undefined]);
    const late = podManifest({ image: 'x', template: { spec: { serviceAccount: 'template' } } }, context, [
      { from: 'operator', pod: { spec: { serviceAccountName: 'operator' } } },
    ]).spec;
    assert.deepEqual([late?.serviceAccountName, late?.serviceAccount], ['template', undefined]);
  });
});

suite('spec → manifest: the invariants', () => {
  test('the fencing identity stands in every container, first, and an author cannot take it', () => {
    const spec = specOf(
      {
        containers: [{ name: 'side', image: 's', env: [{ name: 'TEMPORAL_PODS_POD', value: 'mine' }] }],
        initContainers: [{ name: 'init', image: 'i' }],
      },
      { env: { TEMPORAL_PODS_TRY: '9', WHO: '$(TEMPORAL_PODS_POD)' } },
    );
    assert.deepEqual(spec?.containers[0]?.env, [...fence, { name: 'WHO', value: '$(TEMPORAL_PODS_POD)' }]);
    assert.deepEqual(spec?.containers[1]?.env, fence);
    assert.deepEqual(spec?.initContainers?.[0]?.env, fence);
  });

  test('an identity with a $ in it arrives as it is: Kubernetes would read it as a reference', () => {
    const pod = podManifest({ image: 'x' }, { ...context, key: { ...key, workflowId: 'a$(B)$$' } });
    assert.equal(pod.spec?.containers[0]?.env?.[0]?.value, 'a$$(B)$$$$');
  });

  test('no template makes a pod restart, or takes our gate away', () => {
    const spec = specOf({
      restartPolicy: 'Always',
      schedulingGates: [{ name: 'example.com/quota' }],
      containers: [{ name: 'base', restartPolicy: 'Always', restartPolicyRules: [{ action: 'Restart' }] }],
      initContainers: [{ name: 'proxy', image: 'p', restartPolicy: 'Always' }],
    });
    assert.equal(spec?.restartPolicy, 'Never');
    assert.ok(
      !('restartPolicy' in (spec?.containers[0] ?? {})) && !('restartPolicyRules' in (spec?.containers[0] ?? {})),
    );
    assert.equal(spec?.initContainers?.[0]?.restartPolicy, 'Always', 'which makes it a sidecar');
    assert.deepEqual(spec?.schedulingGates, [{ name: 'temporal-pods/recorded' }, { name: 'example.com/quota' }]);
  });

  test('the deadline is ours at most: a smaller one of the author stands', () => {
    assert.equal(specOf({ activeDeadlineSeconds: 5 })?.activeDeadlineSeconds, 5);
    assert.equal(specOf({ activeDeadlineSeconds: 5_000 })?.activeDeadlineSeconds, 60);
    assert.equal(specOf({ activeDeadlineSeconds: null as unknown as number })?.activeDeadlineSeconds, 60);
  });

  test('grace: the field, else the template’s, else 30 s; never 0, which frees the name and not the process', () => {
    const grace = (template: number | undefined, more: PodSpec = {}) =>
      specOf(template === undefined ? {} : { terminationGracePeriodSeconds: template }, more)
        ?.terminationGracePeriodSeconds;
    assert.equal(grace(undefined), 30);
    assert.equal(grace(7), 7);
    assert.equal(grace(7, { grace: '1500ms' }), 2);
    assert.equal(grace(0), 1);
    assert.equal(grace(7, { grace: 0 }), 1);
  });

  test('nodeName, which a gated pod may not have, becomes a node affinity', () => {
    const spec = specOf({ nodeName: 'node-7' });
    assert.equal(spec?.nodeName, undefined);
    assert.deepEqual(spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, [
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-7'] }] },
    ]);
  });
});

suite('spec → manifest: what cannot be a pod', () => {
  const rows: [law: string, spec: object, message: string][] = [
    [
      'a misspelt field',
      { template: { spec: { contaners: [] } } },
      'template: spec.contaners: is not a field that Kubernetes knows; did you mean containers?',
    ],
    [
      'a list that is none',
      { template: { spec: { tolerations: { a: 1 } } } },
      'template: spec.tolerations: must be a list, got {"a":1}',
    ],
    [
      'a text that is a number',
      { template: { spec: { containers: [{ name: 'side', image: 7 }] } } },
      'template: spec.containers[side].image: must be text, got 7',
    ],
    [
      'a mount without its path',
      { volumeMounts: [{ name: 'v' }] },
      'volumeMounts[0]: has no mountPath, by which this list is merged, got {"name":"v"}',
    ],
    [
      'two volumes of one name',
      { volumes: [{ name: 'v' }, { name: 'v' }] },
      'volumes[v]: is said twice, got {"name":"v"}',
    ],
    [
      'a directive that is none',
      { template: { spec: { securityContext: { $patch: 'remove' } } } },
      'template: spec.securityContext.$patch: must be "delete", "replace" or "merge", got "remove"',
    ],
  ];
  for (const [law, spec, message] of rows)
    test(law, () => assert.throws(() => manifest({ image: 'x', ...spec }), new ManifestFault(message)));
});
