import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newEnough } from '../../local/build.ts';
import { buildFlags, buildKey, kubernetesModule, recipe, required, temporalModule } from '../../local/modules.ts';
import { progressText } from '../../local/progress.ts';

suite('progress', () => {
  const steps = [
    { name: 'temporal', weight: 120 },
    { name: 'kubelet', weight: 60 },
    { name: 'etcd', weight: 60 },
  ];

  test('it says what, which of how many, and how long', () => {
    assert.equal(progressText('building', steps, 0, 0, 0), 'building temporal (1 of 3), about 4 min left');
    assert.equal(progressText('building', steps, 0, 0, 60), 'building temporal (1 of 3), about 3 min left');
    assert.equal(progressText('building', steps, 2, 180, 50), 'building etcd (3 of 3), less than a minute left');
  });

  test('a machine half as fast is told by its finished steps', () => {
    assert.equal(progressText('building', steps, 1, 240, 0), 'building kubelet (2 of 3), about 4 min left');
  });

  test('a step that takes longer than it should never promises less than nothing', () => {
    assert.equal(progressText('building', steps, 2, 180, 900), 'building etcd (3 of 3), less than a minute left');
  });
});

suite('what is built from Go modules', () => {
  test('other sources, sums or flags are another folder; the same are the same', () => {
    const key = buildKey('module a', 'sum', ['-x']);
    assert.equal(buildKey('module a', 'sum', ['-x']), key);
    const others = [
      buildKey('module b', 'sum', ['-x']),
      buildKey('module a', 'sums', ['-x']),
      buildKey('module a', 'sum', ['-y']),
    ];
    assert.equal(new Set([key, ...others]).size, 4);
    assert.notEqual(buildKey('ab', 'c', []), buildKey('a', 'bc', []));
    assert.match(key, /^[0-9a-f]{16}$/);
  });

  test('a version stands in go.mod and nowhere else', () => {
    assert.equal(required('require k8s.io/kubernetes v1.34.4\n', 'k8s.io/kubernetes'), 'v1.34.4');
    assert.equal(
      required('require (\n\tk8s.io/api v0.1.0\n\tk8s.io/kubernetes v1.2.3 // indirect\n)', 'k8s.io/kubernetes'),
      'v1.2.3',
    );
    assert.throws(() => required('module x', 'k8s.io/kubernetes'), /does not require/);
  });

  test('every part of Kubernetes is stamped with its version, or they refuse each other', () => {
    const flags = recipe(kubernetesModule).flags.join(' ');
    assert.match(flags, /component-base\/version\.gitVersion=v1\.\d+\.\d+/);
    assert.match(flags, /client-go\/pkg\/version\.gitVersion=v1\.\d+\.\d+/);
    assert.match(flags, /gitMajor=1 .*gitMinor=\d+/);
    assert.match(recipe(temporalModule).flags.join(' '), /temporalcli\.Version=1\.\d+\.\d+/);
    assert.ok(buildFlags([]).includes('-trimpath'));
  });

  test('an old Go is told from a new one', () => {
    assert.equal(newEnough('go1.26.8', '1.25.11'), true);
    assert.equal(newEnough('go1.25.11', '1.25.11'), true);
    assert.equal(newEnough('go1.25.9', '1.25.11'), false);
    assert.equal(newEnough('go1.24', '1.24.0'), true);
    assert.equal(newEnough('go1.9.7', '1.24'), false);
  });
});
