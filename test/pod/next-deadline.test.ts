import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodTimeouts } from '../../src/contract/index.ts';
import { deadlines } from '../../src/pod/deadlines.ts';
import { nextDeadline } from '../../src/pod/next-deadline.ts';
import { remembered, troubleOf } from '../../src/pod/waiting.ts';
import { container, deletedAt, ended, podWith, running, silent, time, unscheduled, waiting } from './statuses.ts';

const taskScheduled = time(0).getTime();
const minutes = (n: number) => n * 60_000;

/** What is due for this pod, in ms after the task was scheduled; its trouble, if any, was first seen in second `seen`. */
const due = (pod: V1Pod, timeouts: PodTimeouts = {}, seen = 7) => {
  const trouble = remembered(troubleOf(pod), undefined, time(seen).getTime());
  const { at, outcome } = nextDeadline(pod, 'base', deadlines({ timeouts }, taskScheduled), trouble);
  return { after: at - taskScheduled, ...outcome };
};
const brief = (pod: V1Pod, timeouts?: PodTimeouts) => {
  const { kind, after, reason } = due(pod, timeouts);
  return [kind, after, reason];
};

const got = (second: number) => ({
  type: 'PodScheduled',
  status: 'True',
  lastTransitionTime: time(second),
});
const creating = container({ waiting: { reason: 'PodInitializing' } });

/** It got its node in second 2. */
const inits = (...initContainerStatuses: ReturnType<typeof container>[]): V1Pod =>
  podWith({ phase: 'Pending', conditions: [got(2)], initContainerStatuses, containerStatuses: [creating] });
const ran = (from: number, to: number, name: string) =>
  container(ended(0, 'Completed', { startedAt: time(from), finishedAt: time(to) }), name);
const runs = (from: number, name: string) => container({ running: { startedAt: time(from) } }, name);

suite('a node', () => {
  test('must be found within 15 minutes of the task’s scheduling', () => {
    assert.deepEqual(brief(podWith({ phase: 'Pending' })), ['ScheduleTimeout', minutes(15), 'NotScheduled']);
  });

  test('that is not found: the failure says what the scheduler said', () => {
    const { reason, message } = due(unscheduled('0/3 nodes are available: 3 Insufficient cpu.'));
    assert.equal(reason, 'Unschedulable');
    assert.equal(message, 'timeouts.schedule (15m) passed; last heard: 0/3 nodes are available: 3 Insufficient cpu.');
  });

  test('is never waited for longer than for everything', () => {
    assert.deepEqual(brief(unscheduled('no'), { schedule: '1h', total: '1m' }).slice(1), [minutes(1), 'TotalTimeout']);
  });
});

suite('the start', () => {
  test('has 15 minutes from the moment when the pod got its node, not from when the task was scheduled', () => {
    assert.deepEqual(brief(waiting('ContainerCreating')), ['StartTimeout', 1_000 + minutes(15), 'ContainerCreating']);
  });

  test('stands still while an init container runs: only the end of everything is due', () => {
    assert.equal(due(inits(runs(3, 'fetch')), { start: '1s' }).kind, 'DeadlineExceeded');
    assert.equal(due(inits(runs(3, 'fetch')), { start: '1s' }).after, minutes(24 * 60));
  });

  test('does not count the time that init containers ran', () => {
    const pod = inits(ran(4, 190, 'fetch'), ran(200, 260, 'unpack'));
    assert.equal(due(pod, { start: '20s' }).after, (2 + 20 + 186 + 60) * 1000);
  });

  test('counts the time between two init containers', () => {
    const pod = inits(ran(4, 10, 'fetch'), container({ waiting: { reason: 'PodInitializing' } }, 'unpack'));
    assert.equal(due(pod, { start: '20s' }).after, (2 + 20 + 6) * 1000);
  });

  test('counts the time that a native sidecar takes to be ready, and says which one it is', () => {
    const pod = inits({ ...runs(4, 'proxy'), started: false } as ReturnType<typeof container>);
    pod.spec = { containers: [], initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
    const { kind, after, reason, message, container: name } = due(pod, { start: '20s', init: '1s' });
    assert.deepEqual([kind, after, reason, name], ['StartTimeout', 22_000, 'SidecarNotStarted', 'proxy']);
    assert.match(message ?? '', /sidecar proxy runs, but its startup probe has not passed/);
  });

  test('of a pod bound past the scheduler counts from the kubelet’s first sight', () => {
    const pod = podWith({ phase: 'Pending', startTime: time(5) });
    pod.spec = { containers: [], nodeName: 'node-1' };
    assert.deepEqual(brief(pod, { start: '10s' }), ['StartTimeout', 15_000, 'NotStarted']);
  });

  test('that a sidecar prevents by ending again and again says how it ended', () => {
    const looping = {
      ...container({ waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } }, 'proxy'),
      lastState: ended(2, 'Error'),
    };
    const pod = inits(looping);
    pod.spec = { containers: [], initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
    assert.match(due(pod).message ?? '', /sidecar proxy ended with exit code 2 \(Error\); back-off 40s/);
  });
});

suite('an init container', () => {
  test('has its own time, from its own start', () => {
    const { kind, after, container: name } = due(inits(ran(3, 50, 'fetch'), runs(60, 'unpack')), { init: '1m' });
    assert.deepEqual([kind, after, name], ['InitTimeout', 120_000, 'unpack']);
  });

  test('without a limit may take its time', () => {
    assert.equal(due(inits(runs(3, 'fetch'))).kind, 'DeadlineExceeded');
  });
});

suite('the run', () => {
  test('ends with everything after 24 hours by default', () => {
    assert.deepEqual(brief(running()), ['DeadlineExceeded', minutes(24 * 60), 'TotalTimeout']);
  });

  test('counts from the main container’s start', () => {
    const { after, reason, message } = due(running(), { run: 60_000 });
    assert.deepEqual([after, reason], [1_000 + minutes(1), 'RunTimeout']);
    assert.equal(message, 'timeouts.run (60s) passed');
  });
});

suite('trouble', () => {
  const rows: [reason: string, message: string, kind: string, grace: number][] = [
    ['InvalidImageName', '', 'InvalidImage', 0],
    ['ErrImageNeverPull', '', 'InvalidImage', 0],
    ['ImagePullBackOff', 'Back-off pulling image', 'ImagePullFailed', 180],
    ['ErrImagePull', 'manifest unknown', 'ImagePullFailed', 0],
    ['ErrImagePull', 'toomanyrequests: pull access denied for anonymous', 'ImagePullFailed', 180],
    ['ErrImagePull', 'dial tcp: i/o timeout', 'ImagePullFailed', 180],
    ['RegistryUnavailable', '', 'ImagePullFailed', 180],
    ['CreateContainerConfigError', 'secret "db" not found', 'ContainerConfigError', 60],
    ['CreateContainerError', 'context deadline exceeded', 'ContainerConfigError', 60],
  ];
  for (const [reason, message, kind, grace] of rows)
    test(`${reason} ${message}: given up ${grace} s after its first sight`, () =>
      assert.deepEqual(brief(waiting(reason, message)), [kind, (7 + grace) * 1000, reason]));

  test('with an image has the time that the author gives it', () => {
    assert.equal(due(waiting('ErrImagePull', 'EOF'), { imagePull: '10s' }).after, 17_000);
  });

  test('of an init container is trouble too, and names it', () => {
    const pod = inits(container({ waiting: { reason: 'InvalidImageName' } }, 'fetch'));
    assert.equal(due(pod).kind, 'InvalidImage');
    assert.equal(due(pod).container, 'fetch');
  });

  test('that is final comes before trouble that may pass', () => {
    const pod = podWith({
      phase: 'Pending',
      conditions: [got(1)],
      containerStatuses: [
        container({ waiting: { reason: 'ErrImagePull', message: 'EOF' } }),
        container({ waiting: { reason: 'InvalidImageName' } }, 'side'),
      ],
    });
    assert.deepEqual([due(pod).kind, due(pod).container], ['InvalidImage', 'side']);
  });

  test('of a sidecar does not end a main container that runs', () => {
    const pod = running();
    pod.status?.containerStatuses?.push(container({ waiting: { reason: 'InvalidImageName' } }, 'side'));
    assert.equal(due(pod).kind, 'DeadlineExceeded');
  });

  test('is remembered: neither a back-off nor another attempt begins its grace anew, a new trouble does', () => {
    const pulling = troubleOf(waiting('ErrImagePull', 'EOF'));
    const first = remembered(pulling, undefined, 1_000);
    assert.equal(remembered(troubleOf(waiting('ImagePullBackOff')), first, 9_000), first);
    assert.equal(remembered(troubleOf(waiting('CreateContainerError')), first, 9_000)?.since, 9_000);
    assert.equal(remembered(troubleOf(waiting('ContainerCreating')), first, 9_000), undefined);
  });
});

suite('a silent node', () => {
  test('is given up five minutes after the node controller took the pod for not ready', () => {
    assert.deepEqual(brief(silent(40)), ['NodeLost', 40_000 + minutes(5), 'NodeNotReady']);
    assert.equal(due(silent(40)).startedEver, true);
  });

  test('is given the time that the author says, but never less than half a minute', () => {
    assert.equal(due(silent(40), { nodeLost: '10m' }).after, 40_000 + minutes(10));
    assert.equal(due(silent(40), { nodeLost: '1s' }).after, 70_000);
  });

  for (const reason of ['ReadinessGatesNotReady', 'ContainersNotReady', 'PodCompleted'])
    test(`is not meant where the kubelet itself says not ready: ${reason}`, () => {
      assert.equal(due(silent(40, { reason })).kind, 'DeadlineExceeded');
    });

  test('is not meant while a container is not ready: its probe may fail for as long as it runs', () => {
    const pod = silent(40);
    const conditions = pod.status?.conditions?.filter(({ type }) => type !== 'ContainersReady') ?? [];
    pod.status = { ...pod.status, conditions: [...conditions, { type: 'ContainersReady', status: 'False' }] };
    assert.equal(due(pod).kind, 'DeadlineExceeded');
  });
});

suite('a pod that is being deleted', () => {
  test('and whose end is not confirmed five minutes after its grace: its node is lost', () => {
    assert.deepEqual(brief(running(deletedAt(5))), ['NodeLost', 35_000 + minutes(5), 'StuckTerminating']);
  });

  test('and never had a node will never be told of again: it was deleted', () => {
    assert.deepEqual(brief(unscheduledBy(deletedAt(5, 0))), ['PodDeleted', 5_000, 'Deleted']);
  });
});

const unscheduledBy = (metadata: V1Pod['metadata']): V1Pod => {
  const pod = unscheduled('no');
  return { ...pod, metadata: { ...pod.metadata, ...metadata } };
};
