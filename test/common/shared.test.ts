import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { shared } from '../../src/common/shared.ts';

/** Work whose calls end when the test says so. */
function controlled() {
  const calls: PromiseWithResolvers<string>[] = [];
  let waiting: PromiseWithResolvers<void> | undefined;
  const ask = shared(() => {
    const call = Promise.withResolvers<string>();
    calls.push(call);
    waiting?.resolve();
    return call.promise;
  });
  const begun = async (count: number) => {
    while (calls.length < count) await (waiting = Promise.withResolvers<void>()).promise;
    return calls[count - 1] as PromiseWithResolvers<string>;
  };
  return { ask, begun, calls };
}

suite('a shared call', () => {
  test('serves all who ask before it begins', async () => {
    const { ask, begun, calls } = controlled();
    const answers = [ask(), ask(), ask()];
    (await begun(1)).resolve('one');
    assert.deepEqual(await Promise.all(answers), ['one', 'one', 'one']);
    assert.equal(calls.length, 1);
  });

  test('gives nobody an answer that is older than the question: who asks while it is under way gets the next one', async () => {
    const { ask, begun, calls } = controlled();
    const first = ask();
    const one = await begun(1);
    const later = [ask(), ask()];
    one.resolve('one');
    (await begun(2)).resolve('two');
    assert.deepEqual([await first, ...(await Promise.all(later))], ['one', 'two', 'two']);
    assert.equal(calls.length, 2);
  });

  test('that fails, fails for those who shared it, and for nobody after them', async () => {
    const { ask, begun } = controlled();
    const first = [ask(), ask()];
    (await begun(1)).reject(new Error('away'));
    for (const answer of first) await assert.rejects(answer, /away/);
    const second = ask();
    (await begun(2)).resolve('two');
    assert.equal(await second, 'two');
  });
});
