import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { firstTry, type Round } from '../../src/workflows/tries.ts';

const failed = (kind: string, startedEver = true) => ({ kind, startedEver });

/** How many pods there are in all when each of them ends like this. */
function podsOf(retries: number, failure: ReturnType<typeof failed>): { pods: number; tries: number } {
  let pods = 1;
  let round: Round = firstTry({ image: 'x', retries });
  for (let next = round.after(failure); next && pods < 50; next = round.after(failure), pods++) round = next.round;
  return { pods, tries: round.try };
}

suite('which endings are followed by another pod', () => {
  const rows: [law: string, retries: number, failure: ReturnType<typeof failed>, pods: number, tries: number][] = [
    ['a failed container is not tried again unless the author says so', 0, failed('ContainerFailed'), 1, 1],
    ['retries: 2 are three tries', 2, failed('ContainerFailed'), 3, 3],
    ['a pod that was refused before anything ran costs no try, three times', 0, failed('PodRejected', false), 4, 1],
    ['so does one that was preempted before anything ran', 0, failed('PodDisrupted', false), 4, 1],
    ['an evicted pod that had run may have done its work: once', 0, failed('PodDisrupted'), 1, 1],
    ['…unless the author says so', 1, failed('PodDisrupted'), 2, 2],
    ['free pods and the author’s tries add up', 1, failed('PodDeleted', false), 5, 2],
    ['a wrong image is wrong again', 5, failed('InvalidImage', false), 1, 1],
    ['a bad spec is bad again', 5, failed('InvalidSpec', false), 1, 1],
    ['a result that is not JSON: the work is done', 5, failed('ResultInvalid'), 1, 1],
    ['time that ran out would run out again', 5, failed('DeadlineExceeded'), 1, 1],
  ];
  for (const [law, retries, failure, pods, tries] of rows)
    test(law, () => assert.deepEqual(podsOf(retries, failure), { pods, tries }));

  test('the waits grow, from 5 s to at most 5 minutes', () => {
    const waits: number[] = [];
    for (
      let next = firstTry({ retries: 9 }).after(failed('OOMKilled'));
      next;
      next = next.round.after(failed('OOMKilled'))
    )
      waits.push(next.waitMs / 1000);
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test('without a word about what happened nothing is tried again', () => {
    assert.equal(firstTry({ retries: 5 }).after(undefined), undefined);
  });
});
