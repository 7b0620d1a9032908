import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1PodSpec } from '@kubernetes/client-node';
import { elementOf, fieldsOf } from '../../src/pod/kubernetes-types.ts';
import { containersOf, elementPaths, LIST_KEYS, placed, valuesOf, volumesOf } from '../../src/pod/walk.ts';

const paths = (all: Iterable<{ path: string }>) => [...all].map(({ path }) => path);

suite('where a part of a pod stands', () => {
  const told: [path: string, list: unknown[], paths: string[]][] = [
    ['spec.containers', [{ name: 'base' }, { name: 'side' }], ['[base]', '[side]']],
    ['spec.containers[base].env', [{ name: 'A' }], ['[A]']],
    ['spec.containers[base].volumeMounts', [{ name: 'v', mountPath: '/data' }], ['[/data]']],
    [
      'spec.containers[base].ports',
      [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }],
      ['[80/TCP]', '[80/UDP]'],
    ],
    ['spec.containers[base].args', ['a', 'b'], ['[0]', '[1]']],
    ['spec.tolerations', [{ key: 'gpu' }], ['[0]']],
    [
      'containers',
      [{}, { name: '' }, { name: 7 }, { name: { a: 1 } }, 'x', null],
      ['[0]', '[1]', '["7"]', '[3]', '[4]', '[5]'],
    ],
    ['containers', [{ name: 'a' }, { name: 'b' }, { name: 'a' }], ['[0]', '[b]', '[2]']],
    ['containers', [{ name: 'a b' }, { name: '0' }, { name: 'x]' }], ['["a b"]', '["0"]', '["x]"]']],
  ];
  for (const [path, list, expected] of told)
    test(`${path} of ${JSON.stringify(list)}: ${expected.join(', ')}`, () => {
      assert.deepEqual(
        elementPaths(path, list),
        expected.map((one) => path + one),
      );
    });

  test('each keyed list is called by its name once in a pod, and its elements have the key', () => {
    const seen = new Map<string, string>();
    const visit = (type: string): void => {
      for (const [field, its] of fieldsOf(type) ?? []) {
        const element = elementOf(its);
        if (LIST_KEYS[field]) {
          assert.match(its, /^Array</, `${type}.${field}`);
          for (const key of LIST_KEYS[field]) assert.ok(fieldsOf(element)?.has(key), `${element}.${key}`);
        }
        const below = fieldsOf(its) ? its : element;
        if (seen.has(`${type}.${field}`)) continue;
        seen.set(`${type}.${field}`, its);
        visit(below);
      }
    };
    visit('V1PodSpec');
    const found = [...seen.keys()].map((key) => key.split('.')[1] ?? '');
    assert.deepEqual(
      Object.keys(LIST_KEYS).filter((field) => !found.includes(field)),
      [],
    );
  });
});

suite('the walk over a pod', () => {
  const spec = {
    initContainers: [{ name: 'fetch' }],
    containers: [{ name: 'base', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }],
    ephemeralContainers: [{ name: 'debug' }],
    volumes: [{ name: 'v', emptyDir: {} }],
  } satisfies V1PodSpec;

  test('meets every container and volume', () => {
    assert.deepEqual(paths(containersOf(spec)), [
      'spec.initContainers[fetch]',
      'spec.containers[base]',
      'spec.ephemeralContainers[debug]',
    ]);
    assert.deepEqual(paths(volumesOf(spec)), ['spec.volumes[v]']);
  });

  test('passes over what has the wrong form, and keeps the places of the rest', () => {
    const odd = {
      containers: [null, 'x', {}, ['y'], { name: 'base' }],
      initContainers: 'none',
    } as unknown as V1PodSpec;
    assert.deepEqual(paths(containersOf(odd)), ['spec.containers[2]', 'spec.containers[base]']);
    assert.deepEqual(containersOf(undefined), []);
    assert.deepEqual(placed('spec.volumes', { name: 'v' }), []);
  });

  test('tells every value with the field that it stands in', () => {
    const names = [...valuesOf('spec', spec)].filter(({ field }) => field === 'secretKeyRef');
    assert.deepEqual(names, [
      {
        field: 'secretKeyRef',
        path: 'spec.containers[base].env[A].valueFrom.secretKeyRef',
        value: { name: 's', key: 'k' },
      },
    ]);
  });
});
