/** The recorded histories, as the client reads them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { eventReader, type RunEvent } from '../../../src/client/history/pod-events.ts';
import { debugText, keptText } from '../../../src/client/history/pod-end.ts';

function eventsOf(file: string): RunEvent[] {
  const path = new URL(`../../histories/${file}`, import.meta.url);
  const { events } = historyFromJSON(JSON.parse(readFileSync(path, 'utf8')));
  return (events ?? []).map(eventReader()).filter((event) => event !== undefined);
}

/** In short. */
const told = (file: string) =>
  eventsOf(file).flatMap((event) => {
    if (event.kind === 'scheduled') return [`${event.pod.activityId} scheduled`];
    if (event.kind === 'ended') return [`${event.pod.activityId} ${event.end.how}`];
    if (event.kind !== 'cleaned') return [];
    return [...event.cleanups].map(([activityId, { gone }]) => `${activityId} cleaned ${gone}`);
  });

suite('a history, as the client reads it', () => {
  test('a diamond: every pod is scheduled and ends, with its task’s name', () => {
    const seen = told('diamond/success.json');
    assert.equal(seen.length, 8);
    assert.equal(seen[0], 'orders-1 scheduled');
    assert.equal(seen.at(-1), 'report-1 done');
    assert.ok(seen.indexOf('regions-1 scheduled') > seen.indexOf('orders-1 done'));
  });

  test('the end of a pod says where its log is, and that the pod is gone', () => {
    const end = eventsOf('hello/success.json').find((event) => event.kind === 'ended')?.end;
    assert.equal(end?.exitCode, 0);
    assert.match(end?.logs?.uri ?? '', /^file:/);
    assert.equal(end?.cleanup?.gone, true);
    assert.ok(end?.pod?.uid);
  });

  test('a failure keeps its type, exit code and log', () => {
    const end = eventsOf('pod/failure.json').find((event) => event.kind === 'ended')?.end;
    assert.equal(end?.how, 'failed');
    assert.match(end?.why ?? '', /^ContainerFailed: /);
    assert.equal(typeof end?.exitCode, 'number');
    assert.ok(end?.logs?.uri);
  });

  test('the second try is another pod of the same task', () => {
    const tries = eventsOf('pod/two-tries.json').flatMap((event) => (event.kind === 'scheduled' ? [event.pod] : []));
    assert.deepEqual(
      tries.map(({ try: number }) => number),
      [1, 2],
    );
    assert.equal(new Set(tries.map(({ task }) => task)).size, 1);
  });

  test('a cancelled pod is told as cancelled, and gone', () => {
    const ends = eventsOf('pod/cancelled.json').flatMap((event) => (event.kind === 'ended' ? [event.end] : []));
    assert.deepEqual(
      ends.map(({ how, cleanup }) => [how, cleanup?.gone]),
      [['cancelled', true]],
    );
  });

  test('a pod that is kept tells until when, and how to look at it', () => {
    const end = eventsOf('pod/kept.json').find((event) => event.kind === 'ended')?.end;
    assert.match(
      keptText(end ?? {}) ?? '',
      /^its pod is kept until \d{4}-\d\d-\d\dT[\d:]{8}Z; look at it: kubectl -n \S+ describe pod main-\S+$/,
    );
  });

  test('a failed pod that is kept for debugging tells until when, how to look at it, and how to go on', () => {
    const event = eventsOf('pod/kept-for-debug.json').find((one) => one.kind === 'ended');
    assert.ok(event?.end.debugUntil);
    assert.equal(event.end.debugUntil - event.at, 600_000);
    assert.match(
      debugText(event.end, 'end it') ?? '',
      /^its failed pod is kept for debugging until \d{4}-\d\d-\d\dT[\d:]{8}Z; look at it: kubectl \S+ \S+ describe pod main-\S+; to go on before that: end it$/,
    );
    const kept = eventsOf('pod/kept.json').find((one) => one.kind === 'ended')?.end;
    assert.equal(kept && debugText(kept, 'end it'), undefined);
  });

  test('a run begins when a worker takes it', () => {
    assert.equal(eventsOf('hello/success.json')[0]?.kind, 'taken');
  });

  test('code that throws is told, with its message', () => {
    const read = eventReader();
    const failure = { message: 'x is not a function', stackTrace: 'Error: x' };
    const event = { eventTime: { seconds: 7 }, workflowTaskFailedEventAttributes: { failure } };
    assert.deepEqual(read(event as never), { kind: 'stuck', why: failure.message, stackTrace: 'Error: x', at: 7_000 });
  });
});
