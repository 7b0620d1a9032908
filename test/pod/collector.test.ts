import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { COLLECTOR, withCollector } from '../../src/pod/collector.ts';

const pod = (main: Partial<V1Container> = {}, spec: Partial<V1PodSpec> = {}): V1Pod => ({
  metadata: { name: 'x' },
  spec: {
    containers: [
      { name: 'base', image: 'etl:3', ...main },
      { name: 'side', image: 'side:1' },
    ],
    ...spec,
  },
});
const made = (before: V1Pod, path = '/out/day/result.json') => {
  const { spec } = withCollector(before, { main: 'base', path, image: 'busybox:1' });
  const collector = spec?.initContainers?.find(({ name }) => name === COLLECTOR);
  assert.ok(spec && collector);
  return {
    spec,
    collector,
    main: spec.containers[0],
    file: collector.command?.[4],
    mount: collector.volumeMounts?.[0],
  };
};

suite('a pod with a collector', () => {
  test('shares an empty folder between the main container and a native sidecar', () => {
    const before = pod();
    const untouched = structuredClone(before);
    const { spec, collector, main, file, mount } = made(before);
    assert.deepEqual(main?.volumeMounts, [{ name: COLLECTOR, mountPath: '/out/day' }]);
    assert.deepEqual(spec.volumes?.[0], { name: COLLECTOR, emptyDir: {} });
    assert.equal(collector.restartPolicy, 'Always');
    assert.deepEqual(mount, { name: COLLECTOR, mountPath: '/temporal-pods-result', readOnly: true });
    assert.equal(file, '/temporal-pods-result/result.json');
    assert.equal(spec.containers[1]?.volumeMounts, undefined);
    assert.deepEqual(before, untouched, 'the manifest that was given is not changed');
  });

  test('is the last init container: stopped first, with all of the grace', () => {
    const { spec } = made(pod({}, { initContainers: [{ name: 'a', image: 'a:1' }] }));
    assert.deepEqual(
      spec.initContainers?.map(({ name }) => name),
      ['a', COLLECTOR],
    );
  });

  test('uses the author’s own volume at that place: the deepest mount that covers the path, with its subPath', () => {
    const volumeMounts = [
      { name: 'root', mountPath: '/' },
      { name: 'out', mountPath: '/out/', subPath: 'runs/1' },
      { name: 'else', mountPath: '/out/da' },
      { name: 'deeper', mountPath: '/out/day/result.json/x' },
    ];
    const { spec, main, file, mount } = made(pod({ volumeMounts }));
    assert.deepEqual(main?.volumeMounts, volumeMounts);
    assert.deepEqual(mount, { name: 'out', mountPath: '/temporal-pods-result', readOnly: true, subPath: 'runs/1' });
    assert.equal(file, '/temporal-pods-result/day/result.json');
    assert.ok(!spec.volumes?.some(({ emptyDir }) => emptyDir));
  });

  test('knows the variables that a mount’s subPathExpr is made of, and no others', () => {
    const { collector, mount } = made(
      pod({
        env: [
          { name: 'RUN', value: '7' },
          { name: 'SECRET', value: 'x' },
        ],
        volumeMounts: [{ name: 'out', mountPath: '/out', subPathExpr: 'runs/$(RUN)' }],
      }),
    );
    assert.equal(mount?.subPathExpr, 'runs/$(RUN)');
    assert.deepEqual(collector.env, [{ name: 'RUN', value: '7' }]);
  });

  test('a path is taken as it is: no variable of Kubernetes’, no shell', () => {
    const { file } = made(pod(), '/out/$(A) $$ `b`/../"c"; d.json');
    assert.equal(file, '/temporal-pods-result/"c"; d.json');
    assert.equal(made(pod(), '/out/$(A).json').file, '/temporal-pods-result/$$(A).json');
  });

  test('is admitted by Pod Security restricted', () => {
    const { securityContext } = made(pod()).collector;
    assert.deepEqual(securityContext, {
      runAsUser: 65532,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('runs as the user of the main container, whose file may be for that user only', () => {
    const own = made(pod({ securityContext: { runAsUser: 1000, runAsGroup: 2000 } })).collector.securityContext;
    assert.deepEqual([own?.runAsUser, own?.runAsGroup, own?.runAsNonRoot], [1000, 2000, true]);
    const pods = made(pod({}, { securityContext: { runAsUser: 1234 } })).collector.securityContext;
    assert.equal(pods?.runAsUser, 1234);
    const root = made(pod({ securityContext: { runAsUser: 0 } })).collector.securityContext;
    assert.deepEqual([root?.runAsUser, root?.runAsNonRoot], [0, false]);
  });

  test('the template may set its image, resources and security context, and nothing that it needs', () => {
    const template = {
      name: COLLECTOR,
      image: 'mirror/busybox:1',
      command: ['true'],
      restartPolicy: 'Never',
      resources: { limits: { cpu: '1' } },
      securityContext: { runAsUser: 7 },
    };
    const { spec, collector } = made(pod({}, { initContainers: [template, { name: 'a', image: 'a:1' }] }));
    assert.equal(spec.initContainers?.length, 2);
    assert.equal(collector.image, 'mirror/busybox:1');
    assert.deepEqual(collector.resources, { limits: { cpu: '1' } });
    assert.equal(collector.securityContext?.runAsUser, 7);
    assert.equal(collector.securityContext?.allowPrivilegeEscalation, false);
    assert.equal(collector.restartPolicy, 'Always');
    assert.equal(collector.command?.[0], 'sh');
  });

  test('a pod of the class Guaranteed stays one', () => {
    const { requests, limits } = made(pod()).collector.resources ?? {};
    assert.deepEqual(requests, limits);
  });

  test('its script holds nothing that Kubernetes would replace', () => {
    const script = made(pod()).collector.command?.[2] ?? '';
    assert.doesNotMatch(script, /\$\(|\$\$/);
  });
});
