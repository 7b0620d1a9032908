import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { deletionEvidence } from '../../src/pod/deletion-evidence.ts';

test('the first sight of a deletion counts: the kubelet’s last word rewrites its time', () => {
  const deletedAt = (time: string, grace: number): V1Pod => ({
    metadata: { deletionTimestamp: new Date(time), deletionGracePeriodSeconds: grace },
  });
  const first = deletionEvidence({}, deletedAt('2026-01-01T00:00:30Z', 30), 'base');
  assert.equal(first.deletion, Date.parse('2026-01-01T00:00:00Z') / 1000);
  assert.deepEqual(deletionEvidence(first, deletedAt('2026-01-01T00:00:09Z', 0), 'base'), first);
});
