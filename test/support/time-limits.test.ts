import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { suite, test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { timeLimits } from './time-limits.ts';

const ended = (name: string, duration_ms: number, type = 'test') =>
  ({
    type: 'test:complete',
    data: { name, file: resolve('test/a.test.ts'), line: 7, details: { duration_ms, type } },
  }) as unknown as TestEvent;

/** What is said of these tests, and whether they fail. */
async function judged(load: number, ...events: TestEvent[]) {
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    let said = '';
    for await (const text of timeLimits(ReadableStream.from(events), () => load)) said += text;
    return { said, fails: process.exitCode === 1 };
  } finally {
    process.exitCode = before;
  }
}

suite('the time limits of the unit tests', () => {
  test('a slow test is named, and fails the run', async () => {
    const { said, fails } = await judged(0.5, ended('quick', 1_900), ended('slow', 2_100));
    assert.match(said, /^ +2\.1 s {2}test\/a\.test\.ts:7 {2}slow$/m);
    assert.doesNotMatch(said, /quick/);
    assert.equal(fails, true);
  });

  test('suites and files may take longer', async () => {
    const { said, fails } = await judged(0.5, ended('all', 9_000, 'suite'), ended('test/a.test.ts', 9_000));
    assert.deepEqual([said, fails], ['', false]);
  });

  test('with the load of the machine the limit grows', async () => {
    assert.deepEqual(await judged(2, ended('slow', 3_900)), { said: '', fails: false });
    assert.equal((await judged(2, ended('slow', 4_100))).fails, true);
  });

  test('a machine that is busy with other things proves nothing', async () => {
    const { said, fails } = await judged(5, ended('slow', 10_100));
    assert.match(said, /not counted as failures.*\n.*slow/);
    assert.equal(fails, false);
  });
});
