import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sightings, type WatchEvent } from '../../bench/observed.ts';

const event = (type: WatchEvent['type'], more: object = {}, phase = 'Pending', metadata: object = {}): WatchEvent => ({
  type,
  object: {
    metadata: { uid: 'u1', name: 'pod', ...metadata },
    status: { phase, containerStatuses: [{ state: more }] },
  },
});

test('each state has the time at which it was first seen', () => {
  const sightings = new Sightings();
  sightings.take(event('ADDED'), 1);
  sightings.take(event('MODIFIED', { running: {} }, 'Running'), 2);
  sightings.take(event('MODIFIED', { running: {} }, 'Running'), 3);
  sightings.take(event('MODIFIED', { terminated: {} }, 'Running'), 4);
  sightings.take(event('MODIFIED', { terminated: {} }, 'Succeeded'), 5);
  sightings.take(event('MODIFIED', { terminated: {} }, 'Succeeded', { deletionTimestamp: 'now' }), 6);
  sightings.take(event('DELETED', { terminated: {} }, 'Succeeded', { deletionTimestamp: 'now' }), 7);
  const pod = { name: 'pod', added: 1, running: 2, terminated: 4, phase: 5, deleting: 6, gone: 7 };
  assert.deepEqual(sightings.since(0), [pod]);
});

test('a container that was never seen to run, but has ended, ran', () => {
  const sightings = new Sightings();
  sightings.take(event('ADDED'), 1);
  sightings.take(event('MODIFIED', { terminated: {} }, 'Failed'), 2);
  assert.deepEqual(sightings.since(0), [{ name: 'pod', added: 1, running: 2, terminated: 2, phase: 2 }]);
});

test('pods of before are not those of a sample', () => {
  const sightings = new Sightings();
  sightings.take(event('ADDED'), 1);
  sightings.take(event('ADDED', {}, 'Pending', { uid: 'u2', name: 'second' }), 10);
  assert.deepEqual(
    sightings.since(10).map(({ name }) => name),
    ['second'],
  );
});

test('a pod that a new list lacks is gone, since it went while no watch was open; its time stays the first', () => {
  const sightings = new Sightings();
  sightings.take(event('ADDED'), 1);
  sightings.listed(new Set(['u1']), 2);
  assert.equal(sightings.since(0)[0]?.gone, undefined);
  sightings.listed(new Set(), 3);
  sightings.listed(new Set(), 4);
  assert.equal(sightings.since(0)[0]?.gone, 3);
});
