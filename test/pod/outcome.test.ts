import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { outcomeOf, outcomeOfGone } from '../../src/pod/outcome.ts';
import { deletionEvidence, type DeletionEvidence } from '../../src/pod/deletion-evidence.ts';
import { container, deletedAt, ended, finished, podWith, running, time, waiting } from './statuses.ts';

/** Judges the last of these states, having seen them in this order. */
function judge(...states: V1Pod[]) {
  const evidence = states.reduce<DeletionEvidence>((before, pod) => deletionEvidence(before, pod, 'base'), {});
  return outcomeOf(states.at(-1) as V1Pod, 'base', evidence);
}

/** The main container has ended, and its pod is not over yet. */
const closing = (exitCode: number) => podWith({ phase: 'Running', containerStatuses: [container(ended(exitCode))] });

const evicting = (pod: V1Pod): V1Pod => ({
  ...pod,
  status: { ...pod.status, reason: 'Evicted', message: 'The node was low on resource: memory. ' },
});

const failedPod = (
  reason: string,
  containerStatuses?: ReturnType<typeof container>[],
  message = `because of ${reason}`,
) =>
  podWith({
    phase: 'Failed',
    reason,
    message,
    ...(containerStatuses && { containerStatuses }),
  });

const disrupted = (reason: string, at: Date, pod: V1Pod): V1Pod => ({
  ...pod,
  status: { ...pod.status, conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: at }] },
});

suite('the order of evidence: pod reason, disruption, deletion, container reason, exit code', () => {
  const rows: [law: string, states: V1Pod[], kind: string, startedEver: boolean][] = [
    ['exit code 0 is a success', [running(), finished(0)], 'Succeeded', true],
    ['exit code 0 first seen at the end is a success', [finished(0)], 'Succeeded', true],
    ['another exit code is a failure', [running(), finished(3)], 'ContainerFailed', true],
    ['126, 127 and 128 are exit codes of a program that ran', [finished(126)], 'ContainerFailed', true],
    ['…as that of a shell which found no command', [finished(127)], 'ContainerFailed', true],
    ['…or of a git that could not clone', [finished(128)], 'ContainerFailed', true],
    [
      'a main container that was started twice has run its work twice, at least in part: no success',
      [podWith({ phase: 'Succeeded', containerStatuses: [{ ...container(ended(0)), restartCount: 1 }] })],
      'PodDisrupted',
      true,
    ],
    [
      'a pod that its kubelet evicts says so while it still runs, and shows Succeeded without a word about it in the end',
      [evicting(running()), finished(0)],
      'PodDisrupted',
      true,
    ],
    ['…also when its container has ended and the phase has not', [evicting(closing(0))], 'PodDisrupted', true],
    [
      '…but not when the main container had ended before',
      [closing(0), evicting(closing(0)), finished(0)],
      'Succeeded',
      true,
    ],
    [
      'a pod that is evicted for a limit of its own has failed by itself',
      [failedPod('Evicted', [container(ended(137))], 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". ')],
      'ContainerFailed',
      true,
    ],
    [
      '…for its own ephemeral storage, too',
      [
        failedPod(
          'Evicted',
          [container(ended(0))],
          'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
        ),
      ],
      'ContainerFailed',
      true,
    ],
    [
      '…and not when its node had no more',
      [
        failedPod(
          'Evicted',
          [container(ended(0))],
          'The node was low on resource: memory. Threshold quantity: 100Mi, available: 1Mi. ',
        ),
      ],
      'PodDisrupted',
      true,
    ],
    [
      'a container that could not be started never ran',
      [
        podWith({
          phase: 'Failed',
          containerStatuses: [container(ended(128, 'StartError', { startedAt: new Date(0) }))],
        }),
      ],
      'ContainerCannotRun',
      false,
    ],
    ['OOMKilled is a failure with exit code 137', [finished(137, 'OOMKilled')], 'OOMKilled', true],
    ['OOMKilled is a failure with exit code 0', [finished(0, 'OOMKilled')], 'OOMKilled', true],
    [
      'evicted is a disruption although the container trapped TERM and ended with 0',
      [failedPod('Evicted', [container(ended(0))])],
      'PodDisrupted',
      true,
    ],
    [
      'the pod’s own deadline counts although the container trapped TERM and ended with 0',
      [failedPod('DeadlineExceeded', [container(ended(0))])],
      'DeadlineExceeded',
      true,
    ],
    ['a node that had no room refused it: nothing ran', [failedPod('OutOfcpu')], 'PodRejected', false],
    ['UnexpectedAdmissionError: nothing ran', [failedPod('UnexpectedAdmissionError')], 'PodRejected', false],
    ['NodeAffinity at admission: nothing ran', [failedPod('NodeAffinity')], 'PodRejected', false],
    ['Failed without any container status: nothing ran', [podWith({ phase: 'Failed' })], 'PodRejected', false],
    [
      'a kubelet’s disruption is seen before exit code 0',
      [disrupted('TerminationByKubelet', time(9), finished(0))],
      'PodDisrupted',
      true,
    ],
    [
      'a disruption that came after the end changes nothing',
      [disrupted('DeletionByPodGC', time(20), finished(0))],
      'Succeeded',
      true,
    ],
    [
      'a disruption in the second of the end counts',
      [disrupted('EvictionByEvictionAPI', time(10), finished(0))],
      'PodDisrupted',
      true,
    ],
    [
      'a pod that we or others stop and that traps TERM is no success',
      [running(), running(deletedAt(5)), finished(0, 'Completed', deletedAt(5))],
      'PodDeleted',
      true,
    ],
    [
      '…also when the end and the deletion are first seen together',
      [running(), finished(0, 'Completed', deletedAt(10))],
      'PodDeleted',
      true,
    ],
    [
      '…also when the kubelet’s last word has rewritten the grace to 0',
      [finished(0, 'Completed', deletedAt(11, 0))],
      'PodDeleted',
      true,
    ],
    [
      '…also when it is rewritten after the deletion was seen',
      [running(deletedAt(5)), finished(0, 'Completed', deletedAt(11, 0))],
      'PodDeleted',
      true,
    ],
    [
      'a pod that ended in an earlier second than its deletion is a success',
      [running(), finished(0, 'Completed', deletedAt(11))],
      'Succeeded',
      true,
    ],
    [
      'a pod that was seen to end before its deletion is a success',
      [finished(0), finished(0, 'Completed', deletedAt(10))],
      'Succeeded',
      true,
    ],
    [
      'a deleted pod that ends with 143 was deleted, it did not fail',
      [running(deletedAt(5)), finished(143, 'Error', deletedAt(5))],
      'PodDeleted',
      true,
    ],
    [
      'a deletion before the start means that nothing ran',
      [waiting('ContainerCreating'), podWith({ phase: 'Failed' }, deletedAt(2))],
      'PodDeleted',
      false,
    ],
    [
      'a failed init container is named',
      [
        podWith({
          phase: 'Failed',
          initContainerStatuses: [container(ended(4), 'fetch')],
          containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
        }),
      ],
      'InitContainerFailed',
      true,
    ],
    [
      'an init container that lost a process for memory and ended with 0 spoils the success after it',
      [
        podWith({
          phase: 'Succeeded',
          initContainerStatuses: [container(ended(0, 'OOMKilled'), 'fetch')],
          containerStatuses: [container(ended(0))],
        }),
      ],
      'OOMKilled',
      true,
    ],
    [
      'the main container decides while a sidecar runs on',
      [podWith({ phase: 'Running', containerStatuses: [container(ended(0)), container({ running: {} }, 'proxy')] })],
      'Succeeded',
      true,
    ],
  ];
  for (const [law, states, kind, startedEver] of rows)
    test(law, () => {
      const outcome = judge(...states);
      assert.equal(outcome?.kind, kind);
      assert.equal(outcome?.startedEver, startedEver);
    });

  test('a pod that runs or waits has no outcome', () => {
    for (const pod of [running(), waiting('ContainerCreating'), podWith({ phase: 'Pending' }), running(deletedAt(5))])
      assert.equal(judge(pod), undefined);
  });

  test('a sidecar that is killed for memory before the start is started again; an init container beside a main one that runs is no end yet', () => {
    const lost = container(ended(0, 'OOMKilled'), 'proxy');
    const pod = podWith({ phase: 'Pending', initContainerStatuses: [lost] });
    const initContainers = [{ name: 'proxy', restartPolicy: 'Always' }];
    assert.equal(judge({ ...pod, spec: { containers: [{ name: 'base' }], initContainers } }), undefined);
    assert.equal(judge({ ...running(), status: { ...running().status, initContainerStatuses: [lost] } }), undefined);
  });

  test('the failure carries Kubernetes’ own words', () => {
    assert.deepEqual(judge(failedPod('Evicted', [container(ended(137))])), {
      kind: 'PodDisrupted',
      startedEver: true,
      reason: 'Evicted',
      message: 'because of Evicted',
      exitCode: 137,
    });
  });
});

suite('a pod that is gone without an end', () => {
  test('never started only if that is its last word: what was known before says nothing of what came after', () => {
    assert.equal(outcomeOfGone(waiting('ContainerCreating'), true).startedEver, false);
    assert.equal(outcomeOfGone(waiting('ContainerCreating'), false).startedEver, true);
    assert.equal(outcomeOfGone(running(), true).startedEver, true);
  });

  test('was disrupted, if the cluster had said so before it went', () => {
    const pod = disrupted('PreemptionByScheduler', time(3), podWith({ phase: 'Pending' }));
    const { kind, reason } = outcomeOfGone(pod, true);
    assert.deepEqual([kind, reason], ['PodDisrupted', 'PreemptionByScheduler']);
    assert.equal(outcomeOfGone(podWith({ phase: 'Pending' }), true).kind, 'PodDeleted');
  });
});
