import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Backoff, retry, type RetryOptions } from '../../src/common/retry.ts';

const policy = { firstMs: 100, mostMs: 1_000, random: () => 1 };

/** Fails so often, with errors that are numbered from 1, and tells how often it was called. */
function failing(times: number) {
  let calls = 0;
  const work = () => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return `done at ${calls}`;
  };
  return { work, calls: () => calls };
}

/** Lets all that waits for no timer go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Runs the tries against a clock of its own; each wait is over at once. Returns the waits as well. */
async function run(t: TestContext, times: number, options: Partial<RetryOptions> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waits: number[] = [];
  const { work, calls } = failing(times);
  let over = false;
  const onRetry = (_: unknown, ms: number) => void waits.push(ms);
  const result = retry(work, { ...policy, onRetry, ...options }).finally(() => (over = true));
  result.catch(() => undefined);
  for (let ticked = 0; !over;) {
    await settled();
    if (ticked < waits.length) t.mock.timers.tick(waits[ticked++] ?? 0);
  }
  return { waits, calls: calls(), result };
}

test('the waits double up to the longest, until the work succeeds', async (t) => {
  const { waits, result } = await run(t, 6);
  assert.equal(await result, 'done at 7');
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
});

test('a wait is really waited for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { work, calls } = failing(1);
  const result = retry(work, policy);
  await settled();
  t.mock.timers.tick(99);
  await settled();
  assert.equal(calls(), 1);
  t.mock.timers.tick(1);
  assert.equal(await result, 'done at 2');
});

test('chance takes up to half of a wait', () => {
  const waits = (random: number) => {
    const backoff = new Backoff(policy, () => random);
    return [backoff.next(), backoff.next()];
  };
  assert.deepEqual(
    [waits(0), waits(0.5), waits(1)],
    [
      [50, 100],
      [75, 150],
      [100, 200],
    ],
  );
});

test('a backoff that is reset begins anew, and a factor of 1 does not grow', () => {
  const backoff = new Backoff(policy, () => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 100);
  const steady = new Backoff({ firstMs: 200, mostMs: 1_000, factor: 1 }, () => 1);
  assert.deepEqual([steady.next(), steady.next()], [200, 200]);
});

test('who is asked to wait longer does so; a shorter wish changes nothing', async (t) => {
  const { waits } = await run(t, 2, { leastMs: (error) => ((error as Error).message === 'failure 1' ? 5_000 : 1) });
  assert.deepEqual(waits, [5_000, 200]);
});

test('a final error is thrown as it is, at once', async (t) => {
  const { waits, calls, result } = await run(t, 5, { isFinal: (error) => (error as Error).message === 'failure 2' });
  await assert.rejects(result, { message: 'failure 2' });
  assert.deepEqual([waits, calls], [[100], 2]);
});

test('the last of so many tries throws its own error', async (t) => {
  const { calls, result } = await run(t, 5, { tries: 3 });
  await assert.rejects(result, { message: 'failure 3' });
  assert.equal(calls, 3);
});

test('what is thrown when a try has failed ends the tries', async (t) => {
  const onRetry = () => {
    throw new Error('too late');
  };
  const { calls, result } = await run(t, 5, { onRetry });
  await assert.rejects(result, { message: 'too late' });
  assert.equal(calls, 1);
});

test('a signal ends a wait: its reason is thrown, and the work is not done again', async () => {
  const stop = new AbortController();
  const { work, calls } = failing(5);
  const result = retry(work, { firstMs: 60_000, mostMs: 60_000, signal: stop.signal });
  result.catch(() => undefined);
  await settled();
  stop.abort(new Error('stopped'));
  await assert.rejects(result, { message: 'stopped' });
  assert.equal(calls(), 1);
});

test('a signal that has fired lets nothing begin, and hides neither a success nor a final error', async () => {
  const stop = new AbortController();
  const options = { ...policy, signal: stop.signal };
  const stopAnd = (work: () => string) => () => {
    stop.abort(new Error('stopped'));
    return work();
  };
  assert.equal(await retry(stopAnd(failing(0).work), options), 'done at 1');
  const { work, calls } = failing(0);
  await assert.rejects(retry(work, options), { message: 'stopped' });
  assert.equal(calls(), 0);
  const later = new AbortController();
  const failed = retry(
    () => {
      later.abort(new Error('stopped'));
      throw new Error('final');
    },
    { ...policy, signal: later.signal, isFinal: () => true },
  );
  await assert.rejects(failed, { message: 'final' });
});
