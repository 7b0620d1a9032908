import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deadlines, nextDue } from '../../../src/activities/pod/deadlines.ts';
import { container, podWith, running, time, waiting } from './statuses.ts';

const scheduled = time(0).getTime();
const minutes = (n: number) => n * 60_000;
const due = (pod: Parameters<typeof nextDue>[0], timeouts = {}) => {
  const { at, outcome } = nextDue(pod, 'base', deadlines({ image: 'x', timeouts }, scheduled));
  return { after: at - scheduled, kind: outcome.kind, reason: outcome.reason, message: outcome.message };
};

suite('deadlines are absolute', () => {
  test('a pod that waits has 15 minutes to start by default, a running one 24 hours in all', () => {
    assert.equal(due(undefined).after, minutes(15));
    assert.equal(due(undefined).kind, 'StartTimeout');
    assert.equal(due(running()).after, minutes(24 * 60));
    assert.equal(due(running()).kind, 'DeadlineExceeded');
  });

  test('the run time counts from the main container’s start', () => {
    assert.deepEqual(due(running(), { run: '1m' }), {
      after: 1_000 + minutes(1),
      kind: 'DeadlineExceeded',
      reason: 'RunTimeout',
      message: 'timeouts.run passed',
    });
  });

  test('the start is never later than the end of everything', () => {
    assert.equal(due(undefined, { start: '1h', total: '1m' }).after, minutes(1));
  });

  test('a start timeout says what the scheduler said', () => {
    const pod = podWith({
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: 3 Insufficient cpu' },
      ],
    });
    const { reason, message } = due(pod);
    assert.equal(reason, 'Unschedulable');
    assert.match(message ?? '', /3 Insufficient cpu/);
  });

  const troubles: [reason: string, message: string, kind: string, after: number][] = [
    ['InvalidImageName', '', 'InvalidImage', 1_000],
    ['ErrImageNeverPull', '', 'InvalidImage', 1_000],
    ['ImagePullBackOff', 'Back-off pulling image', 'ImagePullFailed', 1_000 + minutes(3)],
    ['ErrImagePull', 'manifest unknown', 'ImagePullFailed', 1_000],
    ['ErrImagePull', 'toomanyrequests: too many requests, pull access denied', 'ImagePullFailed', 1_000 + minutes(3)],
    ['CreateContainerConfigError', 'secret "db" not found', 'ContainerConfigError', 1_000 + minutes(1)],
  ];
  for (const [reason, message, kind, after] of troubles)
    test(`${reason} ${message} is given up ${(after - 1000) / 1000} s after the pod got its node`, () => {
      const found = due(waiting(reason, message));
      assert.deepEqual([found.kind, found.after, found.reason], [kind, after, reason]);
    });

  test('an init container that cannot start is trouble too', () => {
    const pod = podWith({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: time(1) }],
      initContainerStatuses: [container({ waiting: { reason: 'InvalidImageName' } }, 'fetch')],
      containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
    });
    assert.equal(due(pod).kind, 'InvalidImage');
  });

  test('a start that simply takes its time is no trouble', () => {
    assert.equal(due(waiting('ContainerCreating')).kind, 'StartTimeout');
  });
});
