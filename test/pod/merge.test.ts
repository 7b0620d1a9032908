import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { V1Pod } from '@kubernetes/client-node';
import { typeFaults } from '../../src/pod/kubernetes-types.ts';
import { MergeFault, mergeLayers } from '../../src/pod/merge.ts';

/** Layers of the pod's spec, and the spec they make. */
const merged = (...layers: object[]) => mergeLayers(layers.map((spec) => ({ spec }))).spec;
/** Layers of the one container. */
const container = (...layers: object[]) =>
  merged(...layers.map((layer) => ({ containers: [{ name: 'base', ...layer }] })))?.containers[0];

suite('merge: a table of laws', () => {
  const rows: [law: string, layers: object[], expected: object][] = [
    [
      'objects merge',
      [{ securityContext: { runAsUser: 1 } }, { securityContext: { fsGroup: 2 } }],
      { securityContext: { runAsUser: 1, fsGroup: 2 } },
    ],
    [
      'false, 0 and the empty text are values',
      [
        { hostNetwork: true, priority: 5, hostname: 'h' },
        { hostNetwork: false, priority: 0, hostname: '' },
      ],
      { hostNetwork: false, priority: 0, hostname: '' },
    ],
    ['null removes', [{ hostname: 'h', subdomain: 's' }, { hostname: null }], { subdomain: 's' }],
    ['null of what is not there does nothing', [{ hostname: 'h' }, { subdomain: null }], { hostname: 'h' }],
    ['undefined says nothing', [{ hostname: 'h' }, { hostname: undefined }], { hostname: 'h' }],
    [
      'what null removed, a later layer may say again',
      [
        { securityContext: { runAsUser: 1, fsGroup: 2 } },
        { securityContext: null },
        { securityContext: { fsGroup: 3 } },
      ],
      { securityContext: { fsGroup: 3 } },
    ],
    [
      '$patch replace on an object',
      [{ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'replace', fsGroup: 2 } }],
      { securityContext: { fsGroup: 2 } },
    ],
    [
      '$patch delete on an object',
      [{ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'delete' } }],
      {},
    ],

    [
      'containers by name, in their first order',
      [
        {
          containers: [
            { name: 'a', image: '1' },
            { name: 'b', image: '1' },
          ],
        },
        {
          containers: [
            { name: 'c', image: '2' },
            { name: 'b', image: '2' },
          ],
        },
      ],
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
          { name: 'c', image: '2' },
        ],
      },
    ],
    [
      'init containers by name',
      [{ initContainers: [{ name: 'a', image: '1' }] }, { initContainers: [{ name: 'a', args: ['x'] }] }],
      { initContainers: [{ name: 'a', image: '1', args: ['x'] }] },
    ],
    [
      '$patch delete on an element',
      [{ imagePullSecrets: [{ name: 'a' }, { name: 'b' }] }, { imagePullSecrets: [{ name: 'a', $patch: 'delete' }] }],
      { imagePullSecrets: [{ name: 'b' }] },
    ],
    [
      '$patch delete of an element that is not there',
      [{}, { imagePullSecrets: [{ name: 'a', $patch: 'delete' }] }],
      { imagePullSecrets: [] },
    ],
    [
      '$patch replace on an element, in its place',
      [
        { containers: [{ name: 'a', image: '1', tty: true }, { name: 'b' }] },
        { containers: [{ name: 'a', image: '2', $patch: 'replace' }] },
      ],
      { containers: [{ name: 'a', image: '2' }, { name: 'b' }] },
    ],
    [
      'an element that is only $patch replace empties the list first, as in Kubernetes',
      [{ volumes: [{ name: 'a' }] }, { volumes: [{ $patch: 'replace' }, { name: 'b' }] }],
      { volumes: [{ name: 'b' }] },
    ],
    ['null on a keyed list removes all of it', [{ volumes: [{ name: 'a' }] }, { volumes: null }], {}],
    [
      'an empty keyed list removes nothing',
      [{ volumes: [{ name: 'a' }] }, { volumes: [] }],
      { volumes: [{ name: 'a' }] },
    ],

    [
      'volumes by name',
      [
        { volumes: [{ name: 'a', emptyDir: { medium: 'Memory' } }] },
        {
          volumes: [
            { name: 'a', emptyDir: { sizeLimit: '1Mi' } },
            { name: 'b', emptyDir: {} },
          ],
        },
      ],
      {
        volumes: [
          { name: 'a', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
          { name: 'b', emptyDir: {} },
        ],
      },
    ],
    [
      'a volume of another kind replaces the earlier kind',
      [
        { volumes: [{ name: 'a', emptyDir: {} }] },
        { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] },
      ],
      { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] },
    ],
    [
      'also configMap → secret',
      [
        { volumes: [{ name: 'a', configMap: { name: 'c' } }] },
        { volumes: [{ name: 'a', secret: { secretName: 's' } }] },
      ],
      { volumes: [{ name: 'a', secret: { secretName: 's' } }] },
    ],
    [
      'a resource claim of another kind replaces the earlier kind',
      [
        { resourceClaims: [{ name: 'a', resourceClaimName: 'c' }] },
        { resourceClaims: [{ name: 'a', resourceClaimTemplateName: 't' }] },
      ],
      { resourceClaims: [{ name: 'a', resourceClaimTemplateName: 't' }] },
    ],
    [
      'host aliases by ip',
      [
        { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }] },
        {
          hostAliases: [
            { ip: '10.0.0.1', hostnames: ['b'] },
            { ip: '10.0.0.2', hostnames: ['c'] },
          ],
        },
      ],
      {
        hostAliases: [
          { ip: '10.0.0.1', hostnames: ['b'] },
          { ip: '10.0.0.2', hostnames: ['c'] },
        ],
      },
    ],
    [
      'topology spread constraints by topologyKey and whenUnsatisfiable',
      [
        { topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 }] },
        {
          topologySpreadConstraints: [
            { topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 2 },
            { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', minDomains: 3 },
          ],
        },
      ],
      {
        topologySpreadConstraints: [
          { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1, minDomains: 3 },
          { topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 2 },
        ],
      },
    ],
    [
      'scheduling gates by name',
      [{ schedulingGates: [{ name: 'a/b' }] }, { schedulingGates: [{ name: 'a/b' }, { name: 'c/d' }] }],
      { schedulingGates: [{ name: 'a/b' }, { name: 'c/d' }] },
    ],
    [
      'tolerations as a whole',
      [{ tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }],
      { tolerations: [{ key: 'b' }] },
    ],
    [
      'affinity: objects merge, their lists are replaced',
      [
        {
          affinity: {
            nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }] },
          },
        },
        { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } } },
      ],
      {
        affinity: {
          nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }] },
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
        },
      },
    ],
    [
      'null in an element of a list that is replaced',
      [{}, { tolerations: [{ key: 'a', value: null }] }],
      { tolerations: [{ key: 'a' }] },
    ],
    [
      'a seccomp profile of another type loses its local file',
      [
        { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' } } },
        { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      ],
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    ],
    [
      'a field called __proto__ is a field',
      [{}, { nodeSelector: JSON.parse('{"__proto__":"x"}') as object }],
      { nodeSelector: JSON.parse('{"__proto__":"x"}') as object },
    ],
  ];
  for (const [law, layers, expected] of rows) test(law, () => assert.deepEqual(merged(...layers), expected));
});

suite('merge, inside a container', () => {
  const rows: [law: string, layers: object[], expected: object][] = [
    [
      'env by name',
      [
        {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '1' },
          ],
        },
        {
          env: [
            { name: 'C', value: '2' },
            { name: 'A', value: '2' },
          ],
        },
      ],
      {
        env: [
          { name: 'A', value: '2' },
          { name: 'B', value: '1' },
          { name: 'C', value: '2' },
        ],
      },
    ],
    [
      'a variable whose value comes from elsewhere has no value of its own any more',
      [
        { env: [{ name: 'A', value: '1' }] },
        { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      ],
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
    ],
    [
      'and the other way round, also for an empty value',
      [{ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'x' } } }] }, { env: [{ name: 'A', value: '' }] }],
      { env: [{ name: 'A', value: '' }] },
    ],
    [
      'another source replaces the earlier one',
      [
        { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] },
        { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      ],
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
    ],
    [
      'the same source merges',
      [
        { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
        { env: [{ name: 'A', valueFrom: { secretKeyRef: { key: 'other' } } }] },
      ],
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'other' } } }] },
    ],
    [
      'volume mounts by path: one volume may be mounted twice',
      [
        { volumeMounts: [{ name: 'v', mountPath: '/a' }] },
        {
          volumeMounts: [
            { name: 'v', mountPath: '/b' },
            { name: 'w', mountPath: '/a' },
          ],
        },
      ],
      {
        volumeMounts: [
          { name: 'w', mountPath: '/a' },
          { name: 'v', mountPath: '/b' },
        ],
      },
    ],
    [
      'volume devices by path',
      [
        { volumeDevices: [{ name: 'v', devicePath: '/dev/a' }] },
        { volumeDevices: [{ name: 'w', devicePath: '/dev/a' }] },
      ],
      { volumeDevices: [{ name: 'w', devicePath: '/dev/a' }] },
    ],
    [
      'ports by number and protocol, TCP when nothing is said',
      [
        { ports: [{ containerPort: 53 }] },
        {
          ports: [
            { containerPort: 53, protocol: 'UDP' },
            { containerPort: 53, protocol: 'TCP', name: 'dns' },
          ],
        },
      ],
      {
        ports: [
          { containerPort: 53, protocol: 'TCP', name: 'dns' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
    ],
    [
      'command, args and envFrom as a whole',
      [
        { command: ['a', 'b'], args: ['c'], envFrom: [{ secretRef: { name: 's' } }] },
        { command: ['d'], args: [], envFrom: [{ configMapRef: { name: 'c' } }] },
      ],
      { command: ['d'], args: [], envFrom: [{ configMapRef: { name: 'c' } }] },
    ],
    [
      'resources amount by amount',
      [
        { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1' } } },
        { resources: { limits: { memory: '2Gi' }, requests: { cpu: null } } },
      ],
      { resources: { limits: { cpu: '1', memory: '2Gi' }, requests: {} } },
    ],
    [
      'resource claims by name',
      [{ resources: { claims: [{ name: 'gpu' }] } }, { resources: { claims: [{ name: 'gpu', request: 'one' }] } }],
      { resources: { claims: [{ name: 'gpu', request: 'one' }] } },
    ],
    [
      'capabilities: added and dropped as whole lists',
      [
        { securityContext: { capabilities: { drop: ['ALL'] } } },
        { securityContext: { capabilities: { add: ['CHOWN'], drop: ['KILL'] } } },
      ],
      { securityContext: { capabilities: { drop: ['KILL'], add: ['CHOWN'] } } },
    ],
    [
      'a hook of another kind replaces the earlier kind',
      [{ lifecycle: { preStop: { exec: { command: ['a'] } } } }, { lifecycle: { preStop: { sleep: { seconds: 1 } } } }],
      { lifecycle: { preStop: { sleep: { seconds: 1 } } } },
    ],
    [
      'a probe of another kind keeps its times',
      [
        { readinessProbe: { exec: { command: ['a'] }, periodSeconds: 5 } },
        { readinessProbe: { httpGet: { port: 80 } } },
      ],
      { readinessProbe: { periodSeconds: 5, httpGet: { port: 80 } } },
    ],
  ];
  for (const [law, layers, expected] of rows)
    test(law, () => assert.deepEqual(container(...layers), { name: 'base', ...expected }));
});

suite('merge: what cannot be merged is refused, with its path and value', () => {
  const rows: [law: string, layer: object, message: string][] = [
    [
      'an element without its key',
      { containers: [{ image: 'x' }] },
      'spec.containers[0]: has no name, by which this list is merged, got {"image":"x"}',
    ],
    [
      'an element said twice in one layer',
      { volumes: [{ name: 'a' }, { name: 'a' }] },
      'spec.volumes[a]: is said twice, got {"name":"a"}',
    ],
    [
      'a keyed list that is an object',
      { containers: [{ name: 'a', env: { A: '1' } }] },
      'spec.containers[a].env: must be a list, got {"A":"1"}',
    ],
    ['an object that is a list', { securityContext: [] }, 'spec.securityContext: must be an object, got []'],
    ['an element that is no object', { volumes: ['a'] }, 'spec.volumes[0]: must be an object, got "a"'],
    [
      'null in a list',
      { containers: [{ name: 'a', args: ['x', null] }] },
      'spec.containers[a].args[1]: is removed, but this list has no key to remove by: give the whole list, got null',
    ],
    [
      'an unknown directive',
      { securityContext: { $patch: 'merge me' } },
      'spec.securityContext.$patch: must be "delete", "replace" or "merge", got "merge me"',
    ],
  ];
  for (const [law, layer, message] of rows)
    test(law, () => assert.throws(() => merged(layer), new MergeFault(message)));
});

/** Partial pods: with directives, or without any, and then without one source in the place of another either. */
const pods = (directives: boolean) => {
  const name = fc.constantFrom('a', 'b', 'c');
  const maybe = <T>(value: fc.Arbitrary<T>) =>
    directives ? fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }) : value;
  const fields = (of: Record<string, fc.Arbitrary<unknown>>) =>
    fc.record(Object.fromEntries(Object.entries(of).map(([field, value]) => [field, maybe(value)])), {
      requiredKeys: [],
    });
  const keyed = (key: string, keys: fc.Arbitrary<unknown>, of: Record<string, fc.Arbitrary<unknown>>) =>
    fc.uniqueArray(
      fc
        .tuple(keys, fields(of), fc.constantFrom(undefined, undefined, 'delete', 'replace', 'merge'))
        .map(([one, rest, $patch]) => ({ [key]: one, ...rest, ...(directives && $patch && { $patch }) })),
      { selector: (element) => (element as Record<string, unknown>)[key], maxLength: 3 },
    );
  const text = fc.constantFrom('', '1', '2');
  const env = keyed(
    'name',
    name,
    directives
      ? {
          value: text,
          valueFrom: fields({ fieldRef: fields({ fieldPath: text }), secretKeyRef: fields({ key: text }) }),
        }
      : { value: text },
  );
  const containers = keyed('name', name, {
    image: text,
    tty: fc.boolean(),
    args: fc.array(text, { maxLength: 2 }),
    env,
    resources: fields({ limits: fc.dictionary(name, text) }),
  });
  const volumes = keyed('name', name, {
    emptyDir: fields({ medium: text }),
    ...(directives && { configMap: fields({ name: text }) }),
  });
  return fields({
    metadata: fields({ labels: fc.dictionary(name, text) }),
    spec: fields({
      containers,
      volumes,
      hostNetwork: fc.boolean(),
      priority: fc.integer({ min: 0, max: 2 }),
      securityContext: fields({ runAsUser: fc.constantFrom(0, 1) }),
      tolerations: fc.array(fields({ key: text }), { maxLength: 2 }),
    }),
  }) as fc.Arbitrary<object>;
};

suite('merge: laws for all layers', () => {
  /** Every key and value in it, however deep. */
  const all = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value as Record<string, unknown>).flatMap(([key, one]) => [key, one, ...all(one)])
      : [];

  test('an empty layer changes nothing, wherever it is', () =>
    fc.assert(
      fc.property(pods(true), pods(true), (a, b) => {
        const both = mergeLayers([a, b]);
        for (const layers of [
          [{}, a, b],
          [a, {}, b],
          [a, b, {}],
          [a, undefined, b],
        ])
          assert.deepEqual(mergeLayers(layers), both);
      }),
    ));

  test('nothing of null, undefined and $patch is left, and nothing that Kubernetes would not know', () =>
    fc.assert(
      fc.property(fc.array(pods(true), { maxLength: 4 }), (layers) => {
        const pod = mergeLayers(layers);
        const found = all(pod);
        assert.ok(!found.includes(null) && !found.includes(undefined) && !found.includes('$patch'));
        assert.deepEqual([...typeFaults(pod, 'V1Pod')], []);
      }),
    ));

  test('what was merged already stays as it is, and says the same again', () =>
    fc.assert(
      fc.property(pods(true), pods(true), (a, b) => {
        const pod = mergeLayers([a, b]);
        assert.deepEqual(mergeLayers([pod]), pod);
        assert.deepEqual(mergeLayers([pod, pod]), pod);
      }),
    ));

  test('layers without directives, and without another kind of source, may be merged in any grouping', () =>
    fc.assert(
      fc.property(pods(false), pods(false), pods(false), (a, b, c) => {
        assert.deepEqual(mergeLayers([a, mergeLayers([b, c])]), mergeLayers([mergeLayers([a, b]), c]));
      }),
    ));

  test('layers are not changed', () =>
    fc.assert(
      fc.property(pods(true), pods(true), (a, b) => {
        const before = JSON.stringify([a, b]);
        const pod = mergeLayers([a, b]) as V1Pod & { spec: { tolerations?: unknown[] } };
        pod.spec?.tolerations?.push({});
        for (const one of pod.spec?.containers ?? []) one.args?.push('changed');
        assert.equal(JSON.stringify([a, b]), before);
      }),
    ));
});
