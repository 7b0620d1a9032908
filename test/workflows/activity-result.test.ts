import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Cleanup, PodRecord } from '../../src/contract/index.ts';
import { failureDetails, recordedResult, podFactsOf, withCleanup } from '../../src/workflows/activity-result.ts';
import { podFailure } from '../../src/activities/failure.ts';

const pod = { namespace: 'n', name: 'x', uid: 'u' };
const logs = { uri: '', lines: 1, bytes: 2, gaps: 0, tail: '' };
const record = (kind: 'Succeeded' | 'ContainerFailed'): PodRecord => ({
  v: 1,
  cluster: 'c',
  pod,
  ended: {
    outcome: { kind, exitCode: kind === 'Succeeded' ? 0 : 3, startedEver: true },
    output: 'fine',
    times: {},
    logs,
  },
});
const activity = (cause: Error) => new ActivityFailure('failed', 'runPod', 'x-1', 'TIMEOUT', 'worker', cause);
const timeout = (details: unknown) => activity(new TimeoutFailure('timed out', details, 'SCHEDULE_TO_CLOSE'));

suite('what the end of an activity tells of its pod', () => {
  test('a timeout that struck after a success was recorded is that success: the work is done', () => {
    const result = recordedResult(timeout(record('Succeeded')), { gone: true });
    assert.deepEqual(result, {
      outcome: 'Succeeded',
      exitCode: 0,
      output: 'fine',
      pod,
      times: {},
      logs,
      cleanup: { gone: true },
    });
  });

  test('a recorded failure, or none, is no success', () => {
    for (const details of [record('ContainerFailed'), { v: 1, cluster: 'c', pod }, undefined])
      assert.equal(recordedResult(timeout(details), { gone: true }), undefined);
  });

  test('a success whose result is in a file is none: a workflow reads no file, and what is missing must not look returned', () => {
    const { ended, ...rest } = record('Succeeded');
    const inFile = {
      ...rest,
      ended: { ...ended, output: undefined, outputFile: { name: 'result.json', sha256: 'x' } },
    };
    assert.equal(recordedResult(timeout(inFile), { gone: true }), undefined);
  });

  test('events and problems of a recorded success are told too', () => {
    const { ended, ...rest } = record('Succeeded');
    const events = [{ type: 'Normal', reason: 'Pulled', message: 'there', count: 1 }];
    const result = recordedResult(timeout({ ...rest, ended: { ...ended, events, problems: ['p'] } }), { gone: true });
    assert.deepEqual([result?.events, result?.problems], [events, ['p']]);
  });

  test('pod and cluster are told by a failure, a cancellation, or the last heartbeat', () => {
    const details = { pod, cluster: 'c', cleanup: { gone: true } };
    for (const cause of [
      ApplicationFailure.create({ type: 'ContainerFailed', details: [details] }),
      new CancelledFailure('cancelled', [details]),
    ])
      assert.deepEqual(podFactsOf(activity(cause)).pod, pod);
    assert.equal(podFactsOf(timeout(record('Succeeded'))).cluster, 'c');
  });

  test('a failure tells what became of its pod afterwards, and promises no pod that is gone', () => {
    const failed = (cleanup?: Cleanup) =>
      podFailure({ kind: 'ContainerFailed', startedEver: true }, { pod, ...(cleanup && { cleanup }) });
    const before = activity(failed({ gone: false, kept: '2026-01-01T00:00:00Z' }));
    const after = withCleanup(before, { gone: true });
    assert.deepEqual(failureDetails(after)?.cleanup, { gone: true });
    const { cause } = after as ActivityFailure;
    assert.equal(cause?.message, failed().message);
    assert.equal((cause as ApplicationFailure).type, 'ContainerFailed');
    const kept = withCleanup(before, { gone: false, kept: '2026-01-02T00:00:00Z' }) as ActivityFailure;
    assert.match(kept.cause?.message ?? '', /kept until 2026-01-01/);
    assert.equal(withCleanup(timeout(undefined), { gone: true }) instanceof ActivityFailure, true);
  });

  test('words of others are no word about a pod: the server’s own, an operator’s null', () => {
    for (const cause of [
      new CancelledFailure('cancelled', ['ACTIVITY_ID_NOT_STARTED']),
      ApplicationFailure.create({ details: [null] }),
      new Error('who knows'),
    ])
      assert.deepEqual(podFactsOf(activity(cause)), {});
  });
});
