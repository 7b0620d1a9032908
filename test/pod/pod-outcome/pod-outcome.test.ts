import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ExitCodes, OutcomeKind } from '../../../src/contract/index.ts';
import { deadlines } from '../../../src/pod/deadlines.ts';
import { nextDeadline } from '../../../src/pod/next-deadline.ts';
import { stoppedBy } from '../../../src/activities/pod-events.ts';
import { byHand } from './by-hand.ts';
import { judge } from './judge.ts';
import { EPOCH, readRecording, recordingNames, type Recording } from './recording.ts';

const MINUTES = 60;

interface Expected {
  kind: OutcomeKind;
  reason?: string;
  exitCode?: number;
  container?: string;
  startedEver: boolean;
  givenUpAt?: number;
}

/** Of a pod that ran. */
const ran = (
  kind: OutcomeKind,
  reason: string | undefined,
  exitCode?: number,
  more: Partial<Expected> = {},
): Expected => ({
  kind,
  ...(reason !== undefined && { reason }),
  ...(exitCode !== undefined && { exitCode }),
  startedEver: true,
  ...more,
});
const neverRan = (kind: OutcomeKind, reason: string, more: Partial<Expected> = {}): Expected => ({
  kind,
  reason,
  startedEver: false,
  ...more,
});

const expected: Record<string, Expected> = {
  success: ran('Succeeded', 'Completed', 0),
  'exit-3': ran('ContainerFailed', 'Error', 3),
  'exit-137': ran('ContainerFailed', 'Error', 137),
  'exit-143': ran('ContainerFailed', 'Error', 143),
  'command-not-found': neverRan('ContainerCannotRun', 'StartError', { exitCode: 128 }),
  'shell-command-not-found': ran('ContainerFailed', 'Error', 127),
  'not-executable': ran('ContainerFailed', 'Error', 126),
  oom: ran('OOMKilled', 'OOMKilled', 137),
  'oom-child-exit-0': ran('OOMKilled', 'OOMKilled', 0),
  'init-failed': ran('InitContainerFailed', 'Error', 4, { container: 'fetch' }),
  'init-oom': ran('OOMKilled', 'OOMKilled', 137, { container: 'fetch' }),
  'init-oom-exit-0': ran('OOMKilled', 'OOMKilled', 0, { container: 'fetch' }),
  'init-cannot-run': neverRan('ContainerCannotRun', 'StartError', { exitCode: 128, container: 'fetch' }),
  'init-then-success': ran('Succeeded', 'Completed', 0),
  'image-not-found': neverRan('ImagePullFailed', 'ErrImagePull', { container: 'base' }),
  'image-denied': neverRan('ImagePullFailed', 'ErrImagePull', { container: 'base' }),
  'image-registry-down': neverRan('ImagePullFailed', 'ErrImagePull', { container: 'base' }),
  'init-image-not-found': neverRan('ImagePullFailed', 'ErrImagePull', { container: 'fetch' }),
  'image-name-malformed': neverRan('InvalidImage', 'InvalidImageName', { container: 'base' }),
  'image-never-pulled': neverRan('InvalidImage', 'ErrImageNeverPull', { container: 'base' }),
  'missing-secret': neverRan('ContainerConfigError', 'CreateContainerConfigError', { container: 'base' }),
  'root-image': neverRan('ContainerConfigError', 'CreateContainerConfigError', { container: 'base' }),
  'create-container-error': neverRan('ContainerConfigError', 'CreateContainerError', { container: 'base' }),
  'volume-not-mounted': neverRan('StartTimeout', 'ContainerCreating'),
  'unschedulable-selector': neverRan('ScheduleTimeout', 'Unschedulable', { givenUpAt: 15 * MINUTES }),
  'unschedulable-cpu': neverRan('ScheduleTimeout', 'Unschedulable', { givenUpAt: 15 * MINUTES }),
  'evicted-by-api': ran('PodDisrupted', 'EvictionByEvictionAPI', 0),
  'evicted-by-kubelet-and-fails': ran('ContainerFailed', 'Evicted', 137),
  preempted: ran('PodDisrupted', 'PreemptionByScheduler', 0),
  'active-deadline': ran('DeadlineExceeded', 'DeadlineExceeded', 0),
  'deleted-traps-term': ran('PodDeleted', 'Deleted', 0),
  'deleted-killed': ran('PodDeleted', 'Deleted', 137),
  'deleted-while-unscheduled': neverRan('PodDeleted', 'Gone'),
  'deleted-while-it-waits': neverRan('PodDeleted', 'Deleted', { exitCode: 137 }),
  'rejected-out-of-cpu': neverRan('PodRejected', 'OutOfcpu'),
  'rejected-node-affinity': neverRan('PodRejected', 'NodeAffinity'),
  'plain-sidecar': ran('Succeeded', 'Completed', 0),
  'native-sidecar': ran('Succeeded', 'Completed', 0),
  'succeeds-with-a-sidecar': ran('Succeeded', 'Completed', 0),
  'native-sidecar-crashes': ran('StartTimeout', 'SidecarNotStarted', undefined, { container: 'proxy' }),
  'native-sidecar-not-ready': ran('StartTimeout', 'SidecarNotStarted', undefined, { container: 'proxy' }),
  'readiness-gate': ran('Succeeded', 'Completed', 0),
  'status-repaired-by-its-kubelet': ran('PodDeleted', 'Deleted', 0),
  'node-silent': ran('NodeLost', 'NodeNotReady'),
  'node-silent-and-tainted': ran('NodeLost', 'NodeNotReady'),
  'node-removed': ran('PodDisrupted', 'DeletionByPodGC'),
  'node-shutdown': ran('PodDisrupted', 'Terminated', 143),
  'node-shutdown-traps-term': ran('PodDisrupted', 'TerminationByKubelet', 0),
  'preempted-by-kubelet': ran('PodDisrupted', 'Preempting', 137),
  'evicted-for-memory': ran('PodDisrupted', 'Evicted', 137),
  'lost-by-a-restarted-node': ran('PodDisrupted', 'ContainerStatusUnknown'),
  'lost-by-a-restarted-runtime': ran('PodDisrupted', 'Unknown'),
  'init-lost-by-a-restarted-runtime': ran('PodDisrupted', 'Unknown'),
  'rejected-by-admission': neverRan('PodRejected', 'UnexpectedAdmissionError'),
  'silent-and-not-ready-before': ran('DeadlineExceeded', 'TotalTimeout'),
  // By their states alone: see the suite of the events.
  'evicted-by-kubelet': ran('Succeeded', 'Completed', 0),
  'probe-fails': ran('Succeeded', 'Completed', 0),
};

const all: Record<string, Recording> = {
  ...Object.fromEntries(recordingNames().map((name) => [name, readRecording(name)])),
  ...byHand,
};
const recorded = (name: string) => all[name] ?? assert.fail(`there is no recording ${name}`);

test('each recording is judged, and nothing else', () => {
  assert.deepEqual(Object.keys(all).sort(), Object.keys(expected).sort());
});

suite('what a recorded pod is judged to be', () => {
  for (const [name, want] of Object.entries(expected))
    test(`${name}: ${recorded(name).about}`, () => {
      const { outcome, givenUpAt, later } = judge(recorded(name));
      const { kind, reason, exitCode, container, startedEver } = outcome;
      const got = { kind, reason, exitCode, container, startedEver, givenUpAt };
      const wanted = { reason: undefined, exitCode: undefined, container: undefined, ...want };
      assert.deepEqual(got, { givenUpAt: 'givenUpAt' in want ? undefined : givenUpAt, ...wanted });
      for (const kindLater of later) assert.equal(kindLater, kind, 'what was judged once stays so');
    });

  for (const [name, { kind }] of Object.entries(expected))
    if (kind !== 'Succeeded')
      test(`${name} is never a success, whatever of its history an attempt has missed`, () => {
        const { states, deleted } = recorded(name);
        for (let from = 0; from < states.length; from++) {
          const { outcome } = judge({ states: states.slice(from), deleted });
          assert.notEqual(outcome.kind, 'Succeeded', `seen from state ${from} on`);
          assert.equal(outcome.startedEver, expected[name]?.startedEver, `startedEver, seen from state ${from} on`);
        }
      });
});

suite('what only events tell', () => {
  const outcomeWithEvents = (name: string) => {
    const { events = [], ...recording } = recorded(name);
    assert.ok(events.length > 0);
    // Recorded before events named their container; the words of this one do.
    const named = events.map((event) => {
      const container = /^Stopping container (.*)$/.exec(event.message)?.[1];
      return { ...event, ...(container !== undefined && { container }) };
    });
    return stoppedBy(named, 'base', judge(recording).outcome);
  };

  test('a pod that its kubelet evicts for a limit of its own, and that traps TERM and ends with 0, shows Succeeded; it has failed', () => {
    const { kind, reason, message } = outcomeWithEvents('evicted-by-kubelet');
    assert.deepEqual([kind, reason], ['ContainerFailed', 'Evicted']);
    assert.match(message ?? '', /Usage of EmptyDir volume "scratch" exceeds the limit "1Mi"/);
  });

  test('a container that fails its liveness probe, and that traps TERM and ends with 0, has failed', () => {
    const { kind, reason, message } = outcomeWithEvents('probe-fails');
    assert.deepEqual([kind, reason], ['ContainerFailed', 'Unhealthy']);
    assert.match(message ?? '', /^Liveness probe failed/);
  });

  test('a native sidecar that its kubelet stops after the end takes nothing from a success', () => {
    assert.match(JSON.stringify(recorded('succeeds-with-a-sidecar').events), /Stopping container proxy/);
    assert.equal(outcomeWithEvents('succeeds-with-a-sidecar').kind, 'Succeeded');
  });
});

suite('exit codes that mean what the author says', () => {
  const rows: [name: string, exitCodes: ExitCodes, kind: OutcomeKind][] = [
    ['exit-3', { skip: [3] }, 'Skipped'],
    ['exit-3', { success: [0, 3] }, 'Succeeded'],
    ['exit-3', { success: [0, 3], skip: [3] }, 'Skipped'],
    ['exit-3', { retry: [3] }, 'ContainerFailed'],
    ['success', { success: [3] }, 'ContainerFailed'],
    ['success', { skip: [0] }, 'Skipped'],
    ['shell-command-not-found', { retry: [127] }, 'ContainerFailed'],
    ['shell-command-not-found', { fatal: [127] }, 'ContainerFailed'],
    ['shell-command-not-found', { skip: [127] }, 'Skipped'],
    ['command-not-found', { skip: [128] }, 'ContainerCannotRun'],
    ['oom', { success: [137] }, 'OOMKilled'],
    ['oom-child-exit-0', { skip: [0] }, 'OOMKilled'],
    ['deleted-killed', { success: [137] }, 'PodDeleted'],
    ['deleted-traps-term', { skip: [0] }, 'PodDeleted'],
    ['evicted-by-api', { skip: [0] }, 'PodDisrupted'],
    ['lost-by-a-restarted-node', { success: [137] }, 'PodDisrupted'],
    ['init-failed', { success: [4], skip: [4] }, 'InitContainerFailed'],
  ];
  for (const [name, exitCodes, kind] of rows)
    test(`${name} with ${JSON.stringify(exitCodes)} is ${kind}`, () => {
      assert.equal(judge(recorded(name), { exitCodes }).outcome.kind, kind);
    });
});

suite('clocks of recorded pods', () => {
  const due = (name: string, at: number, timeouts = {}) => {
    const { states } = recorded(name);
    const pod = states.at(at)?.pod ?? {};
    const created = new Date(EPOCH).getTime();
    const { at: when, outcome } = nextDeadline(pod, 'base', deadlines({ timeouts }, created));
    return [outcome.kind, (when - created) / 1000];
  };
  const stateWhere = (name: string, like: (text: string) => boolean) =>
    recorded(name).states.findIndex(({ pod }) => like(JSON.stringify(pod.status?.conditions ?? [])));

  test('the seconds that two real init containers ran are added to the time for the start', () => {
    const { states } = recorded('init-then-success');
    const ready = states.findIndex(({ pod }) =>
      pod.status?.initContainerStatuses?.every(({ state }) => state?.terminated !== undefined),
    );
    const scheduled = states[ready]?.pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const since = (new Date(scheduled?.lastTransitionTime ?? 0).getTime() - new Date(EPOCH).getTime()) / 1000;
    const inits = states[ready]?.pod.status?.initContainerStatuses ?? [];
    const ranFor = inits.map(({ state }) => {
      const { startedAt = 0, finishedAt = 0 } = state?.terminated ?? {};
      return (new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000;
    });
    assert.ok(ranFor.every((seconds) => seconds >= 2));
    assert.deepEqual(due('init-then-success', ready, { start: '5s' }), [
      'StartTimeout',
      since + 5 + ranFor.reduce((sum, one) => sum + one, 0),
    ]);
  });

  test('a node is silent from the moment when the node controller says that its pod is not ready', () => {
    const at = stateWhere('node-silent', (text) => /"status":"False"/.test(text));
    const [kind, when] = due('node-silent', at, { nodeLost: '2m' });
    const ready = recorded('node-silent').states[at]?.pod.status?.conditions?.find(({ type }) => type === 'Ready');
    const since = (new Date(ready?.lastTransitionTime ?? 0).getTime() - new Date(EPOCH).getTime()) / 1000;
    assert.deepEqual([kind, when], ['NodeLost', since + 120]);
  });

  test('a kubelet that lives undoes that, and nothing is due any more', () => {
    const name = 'status-repaired-by-its-kubelet';
    const kinds = recorded(name).states.map((_, at) => due(name, at)[0]);
    const marked = kinds.indexOf('NodeLost');
    assert.ok(marked > 0);
    assert.equal(kinds[marked + 1], 'DeadlineExceeded');
  });

  test('a pull that may pass has its grace from its first failure, through every back-off', () => {
    const { states } = recorded('image-registry-down');
    const first = states.find(({ pod }) => /ErrImagePull/.test(JSON.stringify(pod.status)));
    assert.equal(judge(recorded('image-registry-down')).givenUpAt, (first?.at ?? 0) + 3 * MINUTES);
  });

  test('an answer of the registry that is final is not waited for', () => {
    for (const name of ['image-not-found', 'image-denied', 'init-image-not-found']) {
      const first = recorded(name).states.find(({ pod }) => /ErrImagePull/.test(JSON.stringify(pod.status)));
      assert.equal(judge(recorded(name)).givenUpAt, first?.at, name);
    }
  });
});
