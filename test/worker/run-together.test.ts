/** How a worker ends: what it took is given back, and what is told is what went wrong first. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runTogether, withResources } from '../../src/worker/run-together.ts';

suite('what a worker takes', () => {
  const failure = (message: string) => () => {
    throw new Error(message);
  };

  test('is given back in reverse order', async () => {
    const order: string[] = [];
    const result = await withResources(async (resources) => {
      for (const name of ['cluster', 'connection']) resources.defer(() => void order.push(name));
      return order.push('work');
    });
    assert.deepEqual([result, order], [1, ['work', 'connection', 'cluster']]);
  });

  test('when that fails too, the cause is thrown, and everything else is given back', async () => {
    const order: string[] = [];
    const ending = withResources(async (resources) => {
      resources.defer(() => void order.push('cluster'));
      resources.defer(failure('the connection cannot be closed'));
      resources.defer(failure('the reflector cannot be closed'));
      throw new Error('the cause');
    });
    await assert.rejects(ending, { message: 'the cause' });
    assert.deepEqual(order, ['cluster']);
  });

  test('a failure of giving back alone is no good end', async () => {
    const ending = withResources(async (resources) => {
      resources.defer(failure('second'));
      resources.defer(failure('first'));
    });
    await assert.rejects(ending, { message: 'first' });
  });
});

suite('the two workers of a process', () => {
  const NO_FAULT = new Promise<never>(() => undefined);

  /** A worker as the SDK's: it stops when it is asked, or fails. */
  function worker() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let state: 'INITIALIZED' | 'RUNNING' | 'STOPPED' | 'FAILED' = 'INITIALIZED';
    return {
      run: () => {
        state = 'RUNNING';
        return promise;
      },
      shutdown() {
        assert.equal(state, 'RUNNING', 'the SDK refuses it otherwise');
        state = 'STOPPED';
        resolve();
      },
      fail(message: string) {
        state = 'FAILED';
        reject(new Error(message));
      },
      /** As after a poll that is refused. */
      hang: () => void (state = 'FAILED'),
      getState: () => state,
    };
  }

  test('when one has stopped the other is told to, and both are waited for', async () => {
    const [one, other] = [worker(), worker()];
    let stopped = false;
    // As one that gives its work away first.
    const slow = Promise.withResolvers<void>();
    const running = runTogether([one, { ...other, run: () => other.run().then(() => slow.promise) }]);
    one.shutdown();
    const ended = running.then(() => (stopped = true));
    await new Promise(setImmediate);
    assert.deepEqual([other.getState(), stopped], ['STOPPED', false]);
    slow.resolve();
    await ended;
  });

  test('one that fails on its way to the end is told of', async () => {
    const [one, other] = [worker(), worker()];
    const failing = { ...other, shutdown: () => other.fail('it did not stop in time') };
    const running = runTogether([one, failing]);
    one.shutdown();
    await assert.rejects(running, { message: /it did not stop in time$/ });
  });

  test('when one fails the other is stopped, and its error is told', async () => {
    const [one, other] = [worker(), worker()];
    const running = runTogether([one, other], { fault: NO_FAULT });
    one.fail('no permission to poll');
    await assert.rejects(running, { message: /no permission to poll$/, exitCode: 3 });
    assert.equal(other.getState(), 'STOPPED');
  });

  test('of two that fail the first is told', async () => {
    const [one, other] = [worker(), worker()];
    const running = runTogether([one, other], { fault: NO_FAULT });
    other.fail('first');
    one.fail('second');
    await assert.rejects(running, { message: /first$/ });
  });

  test('one that has failed and does not end is not waited for; the SDK’s own log has said why', async () => {
    const [one, other] = [worker(), worker()];
    const cause = () => new Error('the namespace is gone');
    const running = runTogether([one, other], { fault: NO_FAULT, cause, patienceMs: 1 });
    one.hang();
    await assert.rejects(running, { message: /the namespace is gone$/, exitCode: 3 });
    assert.equal(other.getState(), 'STOPPED');
  });

  test('what the SDK has said is the cause, and not what failing led to', async () => {
    const one = worker();
    const running = runTogether([one], { fault: NO_FAULT, cause: () => new Error('it did not stop in time') });
    one.fail('it is still in use');
    await assert.rejects(running, { message: /it did not stop in time$/ });
  });

  test('a fault stops both', async () => {
    const [one, other] = [worker(), worker()];
    const { promise: fault, reject } = Promise.withResolvers<never>();
    const running = runTogether([one, other], { fault });
    reject(new Error('a fault'));
    await assert.rejects(running, { message: 'a fault' });
    assert.deepEqual([one.getState(), other.getState()], ['STOPPED', 'STOPPED']);
  });
});
