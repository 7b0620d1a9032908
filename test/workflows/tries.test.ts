import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PodFailureDetails, PodSpec } from '../../src/contract/index.ts';
import { firstTry, type NextRound } from '../../src/workflows/tries.ts';

type Failure = Pick<PodFailureDetails, 'kind' | 'startedEver' | 'reason' | 'exitCode'>;
const failed = (kind: string, more: Partial<Failure> = {}): Failure => ({ kind, startedEver: true, ...more });
const unstarted = (kind: string): Failure => failed(kind, { startedEver: false });
const exit = (exitCode: number): Failure => failed('ContainerFailed', { exitCode });

/** What follows when the pods end like this one after the other, the last of these again and again. */
function rounds(spec: PodSpec, ...failures: Failure[]): NextRound[] {
  const found: NextRound[] = [];
  for (let round = firstTry(); found.length < 50;) {
    const next = round.after(spec, failures[found.length] ?? failures.at(-1));
    if (!next) break;
    found.push(next);
    round = next.round;
  }
  return found;
}

suite('which endings are followed by another pod', () => {
  const rows: [law: string, spec: PodSpec, failures: Failure[], pods: number, tries: number][] = [
    ['a failed container is not tried again unless the author says so', {}, [failed('ContainerFailed')], 1, 1],
    ['retries: 2 are three tries', { retries: 2 }, [failed('ContainerFailed')], 3, 3],
    ['so are retries: { count: 2 }', { retries: { count: 2 } }, [failed('ContainerFailed')], 3, 3],

    ['a pod that was refused before anything ran costs no try, three times', {}, [unstarted('PodRejected')], 4, 1],
    ['so does one that was preempted before anything ran', {}, [unstarted('PodDisrupted')], 4, 1],
    ['one that was deleted before anything ran', {}, [unstarted('PodDeleted')], 4, 1],
    ['one whose node went silent before anything ran', {}, [unstarted('NodeLost')], 4, 1],
    ['free pods and the author’s tries add up', { retries: 1 }, [unstarted('PodDeleted')], 5, 2],
    [
      'a failure of the pod’s own begins a new row of free ones',
      { retries: 1 },
      [...Array<Failure>(3).fill(unstarted('PodRejected')), failed('ContainerFailed'), unstarted('PodRejected')],
      8,
      2,
    ],

    ['an evicted pod that had run may have done its work: once', {}, [failed('PodDisrupted')], 1, 1],
    ['…unless the author gives it tries', { retries: 1 }, [failed('PodDisrupted')], 2, 2],
    ['…or says that the work may be repeated: free, three times', { idempotent: true }, [failed('PodDisrupted')], 4, 1],
    ['the same for a pod deleted from outside', { idempotent: true }, [failed('PodDeleted')], 4, 1],
    ['and for a node that went silent', { idempotent: true }, [failed('NodeLost')], 4, 1],
    [
      'idempotent work that fails by itself is not tried again',
      { idempotent: true },
      [failed('ContainerFailed')],
      1,
      1,
    ],
    ['idempotent: false is as good as none', { idempotent: false }, [failed('PodDeleted')], 1, 1],

    ['an init container may fail like any other', { retries: 1 }, [failed('InitContainerFailed')], 2, 2],
    ['or take too long', { retries: 1 }, [failed('InitTimeout')], 2, 2],
    ['a node may get room', { retries: 1 }, [unstarted('ScheduleTimeout')], 2, 2],
    ['a quota too', { retries: 1 }, [unstarted('QuotaExceeded')], 2, 2],
    ['a start that took too long may be quicker', { retries: 1 }, [unstarted('StartTimeout')], 2, 2],
    ['…but is no accident of the cluster’s, so not free', {}, [unstarted('StartTimeout')], 1, 1],
    ['a registry may come back', { retries: 1 }, [unstarted('ImagePullFailed')], 2, 2],
    ['memory may suffice next time', { retries: 1 }, [failed('OOMKilled', { exitCode: 137 })], 2, 2],
    [
      'a hanging program may not hang again',
      { retries: 1 },
      [failed('DeadlineExceeded', { reason: 'RunTimeout' })],
      2,
      2,
    ],
    ['the time for everything is up', { retries: 5 }, [failed('DeadlineExceeded', { reason: 'TotalTimeout' })], 1, 1],

    ['a wrong image is wrong again', { retries: 5 }, [unstarted('InvalidImage')], 1, 1],
    ['a missing Secret too', { retries: 5 }, [unstarted('ContainerConfigError')], 1, 1],
    ['a command that is not there too', { retries: 5 }, [failed('ContainerCannotRun', { exitCode: 127 })], 1, 1],
    ['a bad spec is bad again', { retries: 5 }, [unstarted('InvalidSpec')], 1, 1],
    ['a policy says no again', { retries: 5 }, [unstarted('PolicyRefused')], 1, 1],
    ['a result that is not JSON: the work is done', { retries: 5 }, [failed('ResultInvalid')], 1, 1],
    ['a result that is missing: the work is done', { retries: 5 }, [failed('ResultMissing')], 1, 1],
    ['a result too long: the work is done', { retries: 5 }, [failed('ResultTooLarge')], 1, 1],
    ['an ending that this code does not know', { retries: 5 }, [failed('toString')], 1, 1],

    ['exitCodes.retry: these are tried again', { retries: 2, exitCodes: { retry: [75] } }, [exit(75)], 3, 3],
    ['…and no others', { retries: 2, exitCodes: { retry: [75] } }, [exit(1)], 1, 1],
    [
      '…but it says nothing of other endings',
      { retries: 1, exitCodes: { retry: [75] } },
      [failed('OOMKilled', { exitCode: 137 })],
      2,
      2,
    ],
    ['exitCodes.fatal is never tried again', { retries: 2, exitCodes: { fatal: [2] } }, [exit(2)], 1, 1],
    ['…the others are', { retries: 2, exitCodes: { fatal: [2] } }, [exit(1)], 3, 3],
    [
      '…nor is memory, when its code is fatal',
      { retries: 2, exitCodes: { fatal: [137] } },
      [failed('OOMKilled', { exitCode: 137 })],
      1,
      1,
    ],
    ['fatal wins over retry', { retries: 2, exitCodes: { fatal: [2], retry: [2] } }, [exit(2)], 1, 1],
    [
      'what ended an init container is no exit code of the main one',
      { retries: 1, exitCodes: { fatal: [2] } },
      [failed('InitContainerFailed', { exitCode: 2 })],
      2,
      2,
    ],
  ];
  for (const [law, spec, failures, pods, tries] of rows)
    test(law, () => {
      const after = rounds(spec, ...failures);
      assert.deepEqual({ pods: after.length + 1, tries: after.at(-1)?.round.try ?? 1 }, { pods, tries });
    });

  test('a spec that was refused is not looked at: it may have anything in it', () => {
    const refused = { kind: 'InvalidSpec', startedEver: false };
    assert.equal(firstTry().after({ retries: null } as never, refused), undefined);
  });

  test('without a word about what happened nothing is tried again', () => {
    assert.equal(firstTry().after({ retries: 5, idempotent: true }, undefined), undefined);
  });

  test('pods are counted, also the free ones', () => {
    const after = rounds({ retries: 2 }, unstarted('PodRejected'), failed('ContainerFailed'));
    assert.deepEqual(
      after.map(({ free, round }) => [round.try, round.pod, free]),
      [
        [1, 2, true],
        [2, 3, false],
        [3, 4, false],
      ],
    );
  });
});

suite('the waits between tries', () => {
  const rows: [law: string, spec: PodSpec, failure: Failure, seconds: number[]][] = [
    [
      'double, from 5 s to at most 5 minutes',
      { retries: 9 },
      failed('OOMKilled'),
      [5, 10, 20, 40, 80, 160, 300, 300, 300],
    ],
    ['begin with delay', { retries: { count: 3, delay: '1m' } }, failed('OOMKilled'), [60, 120, 240]],
    ['stay the same with factor 1', { retries: { count: 3, delay: 2000, factor: 1 } }, failed('OOMKilled'), [2, 2, 2]],
    [
      'grow to maxDelay',
      { retries: { count: 4, delay: '1s', factor: 3, maxDelay: '10s' } },
      failed('OOMKilled'),
      [1, 3, 9, 10],
    ],
    ['are never shorter than delay', { retries: { count: 2, delay: '10m' } }, failed('OOMKilled'), [600, 600]],
    [
      'are not for pods that cost no try',
      { retries: { count: 0, delay: '1h' } },
      unstarted('PodRejected'),
      [5, 10, 20],
    ],
  ];
  for (const [law, spec, failure, seconds] of rows)
    test(law, () =>
      assert.deepEqual(
        rounds(spec, failure).map(({ waitMs }) => waitMs / 1000),
        seconds,
      ),
    );
});
