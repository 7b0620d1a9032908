import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { failureMessage, podFailure } from '../../src/activities/failure.ts';
import type { LogSummary, PodEvent, PodOutcome } from '../../src/contract/index.ts';

const failed: PodOutcome = { kind: 'ContainerFailed', reason: 'Error', exitCode: 3, startedEver: true };
const warning = (reason: string, message: string, count = 1): PodEvent => ({ type: 'Warning', reason, message, count });
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const log = (tail: string): LogSummary => ({ uri: 'file:///logs/x', lines: 1, bytes: 1, gaps: 0, tail });
const labels = (message: string) => message.split('\n').flatMap((line) => /^ {2}(\S[^:]*):/.exec(line)?.[1] ?? []);

suite('a failure’s message', () => {
  test('says in this order: where and what, Kubernetes’ words, what to do, events, callbacks, last lines, the whole log', () => {
    const message = failureMessage(
      { ...failed, message: 'disk full' },
      {
        pod: { namespace: 'n', name: 'orders-1', uid: 'u' },
        node: 'node-1',
        events: [{ type: 'Normal', reason: 'Pulled', message: 'quickly', count: 1 }, warning('Unhealthy', 'slow', 4)],
        problems: ['callback audit.onEnd: Error: no'],
        logs: log('working\nbroken\n'),
      },
    );
    assert.equal(
      message,
      [
        'pod n/orders-1 on node node-1: ended with exit code 3 (Error)',
        '  says: disk full',
        '  to do: read what it said last',
        '  event: Unhealthy (4×): slow',
        '  also: callback audit.onEnd: Error: no',
        '  last lines:',
        '    working',
        '    broken',
        '  whole log: file:///logs/x',
      ].join('\n'),
    );
  });

  const advice: [kind: PodOutcome['kind'], reason: string, what: RegExp][] = [
    ['ScheduleTimeout', 'Unschedulable', /what no node has/],
    ['ScheduleTimeout', 'SchedulingGated', /who is to open the gate/],
    ['ScheduleTimeout', 'NotScheduled', /whether its scheduler runs/],
    ['ScheduleTimeout', 'NotCreated', /why it could not be created/],
    ['StartTimeout', 'FailedMount', /Secrets, ConfigMaps and claims/],
    ['StartTimeout', 'FailedAttachVolume', /Secrets, ConfigMaps and claims/],
    ['StartTimeout', 'FailedCreatePodSandBox', /the network of the cluster.*runtime class.*limits\.memory/],
    ['StartTimeout', 'SidecarNotStarted', /what the sidecar said last/],
    ['StartTimeout', 'CrashLoopBackOff', /what the sidecar said last/],
    ['StartTimeout', 'ContainerCreating', /why it waits/],
    ['DeadlineExceeded', 'TotalTimeout', /why it did not start/],
  ];
  for (const [kind, reason, what] of advice)
    test(`says what to do by the reason: ${kind} for ${reason}`, () => {
      const message = failureMessage({ kind, reason, startedEver: false }, {});
      assert.match(message, new RegExp(`to do: .*${what.source}`));
    });

  test('is never longer than 30 lines, whatever was said', () => {
    const message = failureMessage(
      { ...failed, message: numbered(50).join('\n') },
      {
        events: numbered(20).map((line) => warning('Failed', `because of ${line}!`)),
        problems: numbered(5),
        logs: log(numbered(500).join('\n')),
        cleanup: { gone: false, kept: '2026-01-01T00:00:00Z' },
      },
    );
    assert.ok(message.split('\n').length <= 30, message);
    assert.deepEqual(labels(message).slice(-3, -1), ['last lines', 'whole log']);
  });

  test('names how many problems it leaves out', () => {
    const also = (count: number) =>
      failureMessage(failed, { problems: numbered(count) })
        .split('\n')
        .filter((line) => line.startsWith('  also: '));
    assert.deepEqual(also(3), ['  also: line 1', '  also: line 2', '  also: line 3']);
    assert.deepEqual(also(5).slice(3), ['  also: 2 more, in the details']);
  });

  test('cuts a line that nobody would read to its end', () => {
    assert.ok(failureMessage(failed, { logs: log('x'.repeat(9000)) }).length < 600);
  });

  test('cuts long words of Kubernetes in the middle: what decides stands at their end', () => {
    const wrapped = `failed to create task: ${'wrapped: '.repeat(100)}exec: "/no/such": no such file or directory`;
    const says = failureMessage({ ...failed, message: wrapped }, {}).split('\n')[1] ?? '';
    assert.match(says, /^ {2}says: failed to create task: .* … .*exec: "\/no\/such": no such file or directory$/);
    assert.ok(says.length < 430, says);
    const lines = failureMessage({ ...failed, message: numbered(50).join('\n') }, {}).split('\n');
    assert.deepEqual(
      lines.slice(1, -1).map((line) => line.trim()),
      ['says: line 1', 'line 2', '…', 'line 48', 'line 49', 'line 50'],
    );
  });

  test('tells events that differ by an id once, with their count', () => {
    const message = failureMessage(failed, {
      events: [
        warning(
          'FailedCreatePodSandBox',
          'sandbox 8bc01a205b7f91 for pod123e4567-e89b-12d3-a456-426614174000: no ip',
          2,
        ),
        warning('BackOff', 'restarting'),
        warning(
          'FailedCreatePodSandBox',
          'sandbox 77aa55cc00112233 for pod123e4567-e89b-12d3-a456-426614174001: no ip',
        ),
      ],
    });
    assert.deepEqual(
      message.split('\n').filter((line) => line.startsWith('  event')),
      [
        '  event: FailedCreatePodSandBox (3×): sandbox 77aa55cc00112233 for pod123e4567-e89b-12d3-a456-426614174001: no ip',
        '  event: BackOff: restarting',
      ],
    );
  });

  test('does not let a program move the cursor or colour the terminal of its reader', () => {
    const message = failureMessage({ ...failed, message: '\u001b[2Jgone' }, { logs: log('\u001b]0;title\u0007x') });
    assert.doesNotMatch(message, /[\u0000-\u0009\u000b-\u001f]/);
  });

  test('leaves out the events that say once more what the status says', () => {
    const message = failureMessage(
      { kind: 'ImagePullFailed', reason: 'ErrImagePull', message: 'not found', container: 'base', startedEver: false },
      {
        events: [
          warning('Failed', 'Failed to pull image "etl:3": not found'),
          warning('Failed', 'Error: ErrImagePull'),
          warning('FailedMount', 'volume "x" is slow'),
        ],
      },
    );
    assert.deepEqual(labels(message), ['says', 'to do', 'event']);
    assert.match(message, /event: FailedMount/);
  });

  const hints: [law: string, outcome: Partial<PodOutcome>, words: RegExp][] = [
    ['exit code 137 that nobody explains', { exitCode: 137 }, /killed \(SIGKILL\), and not for its own memory limit/],
    ['exit code 143 that nobody explains', { exitCode: 143 }, /SIGTERM/],
    ['exit code 0 that is no success', { exitCode: 0 }, /exitCodes\.success/],
    ['a probe that failed', { exitCode: 0, reason: 'Unhealthy' }, /stopped by its node since a probe failed/],
    ['a preemption', { kind: 'PodDisrupted', reason: 'PreemptionByScheduler' }, /by a pod of a higher priority/],
    ['a shutdown', { kind: 'PodDisrupted', reason: 'Terminated' }, /shutdown of its node/],
    ['a disruption of a pod that never ran', { kind: 'PodDisrupted', startedEver: false }, /safe to try again/],
    ['a disruption of a pod that ran', { kind: 'PodDisrupted' }, /half done/],
    ['memory of an init container', { kind: 'OOMKilled', container: 'fetch' }, /memory limit of fetch/],
    [
      'a missing result',
      { kind: 'ResultMissing' },
      /to do: let the program write one, or set result.required to false$/m,
    ],
    ['a missing result, with a reason', { kind: 'ResultMissing', message: 'x' }, /if it did write one, see above/],
    ['memory with exit code 0', { kind: 'OOMKilled', exitCode: 0 }, /a process of it was killed/],
    [
      'a reason nobody has heard of',
      { kind: 'PodDisrupted', reason: 'Zapped' },
      /taken down by the cluster \(Zapped\)/,
    ],
  ];
  for (const [law, outcome, words] of hints)
    test(`explains ${law}`, () => assert.match(failureMessage({ ...failed, ...outcome }, {}), words));
});

test('a failure is never tried again by Temporal, and carries everything that is known', () => {
  const { type, nonRetryable, details } = podFailure(failed, { node: 'node-1' });
  assert.deepEqual([type, nonRetryable], ['ContainerFailed', true]);
  assert.deepEqual(details?.[0], { ...failed, node: 'node-1' });
});
