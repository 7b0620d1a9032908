import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { kubernetesConfig } from '../../src/config/index.ts';
import { Problem } from '../../src/common/problem.ts';

suite('the image that hands over result files', () => {
  const elsewhere = { TEMPORAL_PODS_CONTEXT: 'production' };

  test('is a public one on a cluster of the user’s own', () => {
    assert.equal(kubernetesConfig(elsewhere).collectorImage, 'busybox:1.37');
  });

  test('is what the operator says', () => {
    const { collectorImage } = kubernetesConfig({ ...elsewhere, TEMPORAL_PODS_COLLECTOR_IMAGE: 'mirror/busybox:1' });
    assert.equal(collectorImage, 'mirror/busybox:1');
  });

  test('is refused with a blank in it', () => {
    assert.throws(
      () => kubernetesConfig({ ...elsewhere, TEMPORAL_PODS_COLLECTOR_IMAGE: 'busy box' }),
      (error) => error instanceof Problem && /TEMPORAL_PODS_COLLECTOR_IMAGE=busy box: /.test(error.message),
    );
  });
});
