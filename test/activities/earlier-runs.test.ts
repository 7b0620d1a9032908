/** A history is read once for all the pods that ask; the memory that this takes is bounded. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Client } from '@temporalio/client';
import { EarlierRuns, callKey } from '../../src/activities/earlier-runs.ts';
import { call, RESULT } from './histories.ts';

const client = {} as Client;
const ask = (runId: string, n = 1) => call({ call: n, earlier: { workflowId: 'w', runId } });

/** Runs of which each has done the calls 1 to 1,000, with results of this length. */
function histories(output = '') {
  const read: string[] = [];
  const json = JSON.stringify({ ...RESULT, output });
  const results = new Map(Array.from({ length: 1000 }, (_, n) => [callKey(call({ call: n + 1 }))!, json]));
  const runs = new EarlierRuns((_client, { runId }) => {
    read.push(runId);
    return Promise.resolve({ results, children: new Map(), size: json.length * 1000 });
  });
  return { read, runs };
}

suite('earlier runs', () => {
  test('1,000 pods at once read one history once', async () => {
    const { read, runs } = histories();
    const found = await Promise.all(Array.from({ length: 1000 }, (_, n) => runs.find(client, ask('r', n + 1))));
    assert.ok(found.every((result) => result?.reused?.runId === 'r'));
    assert.deepEqual(read, ['r']);
  });

  test('a reading that failed is tried again by whoever asks next', async () => {
    let times = 0;
    const runs = new EarlierRuns(() => {
      if (++times === 1) return Promise.reject(Object.assign(new Error('away'), { code: 14 }));
      return Promise.resolve({ results: new Map(), children: new Map(), size: 0 });
    });
    await assert.rejects(runs.find(client, ask('r')), /away/);
    assert.equal(await runs.find(client, ask('r')), undefined);
    assert.equal(times, 2);
  });

  test('50 histories are remembered, those that were asked for last', async () => {
    const { read, runs } = histories();
    for (let n = 0; n < 60; n++) {
      await runs.find(client, ask(`r${n}`));
      await runs.find(client, ask('r0'));
    }
    assert.equal(read.length, 60);
    await runs.find(client, ask('r59'));
    assert.equal(read.length, 60);
    await runs.find(client, ask('r5'));
    assert.equal(read.length, 61);
  });

  test('long results leave room for fewer; the one that is asked for stays', async () => {
    const { read, runs } = histories('x'.repeat(40_000));
    for (const runId of ['a', 'b', 'b', 'a', 'a']) await runs.find(client, ask(runId));
    assert.deepEqual(read, ['a', 'b', 'a']);
  });
});
