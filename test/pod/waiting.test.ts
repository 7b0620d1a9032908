import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1ContainerState, V1Pod } from '@kubernetes/client-node';
import { nextLook, waitingFor, waitsInSilence } from '../../src/pod/waiting.ts';

const NODE = { type: 'PodScheduled', status: 'True', lastTransitionTime: new Date(1_000) };
const status = (name: string, state: V1ContainerState) => ({
  ...{ name, state, image: '', imageID: '', ready: false, restartCount: 0 },
});
const base = (state: V1ContainerState) => status('base', state);
const creating = base({ waiting: { reason: 'ContainerCreating' } });
const initializing = base({ waiting: { reason: 'PodInitializing' } });
const startedAt = new Date(2_000);

suite('a pod waits in silence', () => {
  const pods: [law: string, pod: V1Pod, isSilent: boolean][] = [
    ['while its container is created', { status: { conditions: [NODE], containerStatuses: [creating] } }, true],
    ['while its node has not said a word', { spec: { containers: [], nodeName: 'n' }, status: {} }, true],
    ['not before it has a node', { status: { conditions: [{ type: 'PodScheduled', status: 'False' }] } }, false],
    [
      'not while an init container has its turn',
      {
        status: {
          conditions: [NODE],
          initContainerStatuses: [status('fetch', { running: { startedAt } })],
          containerStatuses: [initializing],
        },
      },
      false,
    ],
    [
      'not when its status says why',
      { status: { conditions: [NODE], containerStatuses: [base({ waiting: { reason: 'ErrImagePull' } })] } },
      false,
    ],
    [
      'not when its main container runs',
      {
        status: {
          conditions: [NODE],
          containerStatuses: [
            base({ running: { startedAt } }),
            status('side', { waiting: { reason: 'ContainerCreating' } }),
          ],
        },
      },
      false,
    ],
    [
      'not when it is being deleted',
      { metadata: { deletionTimestamp: startedAt }, status: { conditions: [NODE], containerStatuses: [creating] } },
      false,
    ],
  ];
  for (const [law, pod, isSilent] of pods) test(law, () => assert.equal(waitsInSilence(pod, 'base'), isSilent));

  test('and is looked at after 5 s, 30 s, and then every 2 minutes', () => {
    const minute = 60_000;
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((n) => nextLook(n, 15 * minute)),
      [5_000, 30_000, 150_000, 270_000, 390_000],
    );
  });

  test('or earlier, when it has little time', () => {
    assert.deepEqual([nextLook(0, 3_000), nextLook(1, 3_000)], [1_000, 30_000]);
  });
});

suite('a pod behind a gate', () => {
  const gated = (...gates: string[]): V1Pod => ({
    spec: { containers: [], schedulingGates: gates.map((name) => ({ name })) },
    status: {
      conditions: [
        {
          ...{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' },
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ],
    },
  });

  test('names it', () => {
    assert.deepEqual(waitingFor(gated('kueue.x-k8s.io/admission', 'a/b')), {
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates: kueue.x-k8s.io/admission, a/b',
    });
  });

  test('that is gone waits for nothing', () => assert.equal(waitingFor(gated()), undefined));
});
