/** A slice of `npm run chaos`: one round, whose plan never changes, as part of the tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign, conclusion } from './campaign.ts';

const SEED = 1704;
const ONLY = ['logs: stream reset', 'worker told to stop', 'run cancelled', 'pod deleted', 'activity reset'];

test('a round of faults: no pod left, no work twice, no line lost, no wrong word', { timeout: 240_000 }, async () => {
  const said: string[] = [];
  const options = { seed: SEED, only: ONLY, runsPerRound: 8, runs: 8, minutes: 3, lanes: 1 };
  const done = await campaign({ ...options, shrink: false, verbose: false }, (words) => said.push(words));
  const { words, isWell } = conclusion(done, SEED);
  assert.ok(isWell, [...said, words].join('\n'));
});
