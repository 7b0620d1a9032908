import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, startOf, tryLock, withLock } from '../../local/lock.ts';

const inDirectory = (work: (file: string) => void | Promise<void>) => async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lock-'));
  try {
    await work(join(directory, 'up.lock'));
    assert.deepEqual(
      readdirSync(directory).filter((name) => name !== 'up.lock'),
      [],
      'nothing is left beside the lock',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const alive =
  (...pids: number[]) =>
  (pid: number) =>
    pids.includes(pid) ? `start of ${pid}` : undefined;
const holder = (pid: number) => ({ pid, started: `start of ${pid}` });

suite('the lock', () => {
  test(
    'it names its holder from the first moment',
    inDirectory((file) => {
      assert.equal(tryLock(file, holder(1), alive(1)), true);
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), holder(1));
    }),
  );

  test(
    'a living holder keeps it',
    inDirectory((file) => {
      tryLock(file, holder(1), alive(1, 2));
      assert.deepEqual(tryLock(file, holder(2), alive(1, 2)), holder(1));
    }),
  );

  test(
    "a dead holder's is taken over",
    inDirectory((file) => {
      tryLock(file, holder(1), alive(1));
      assert.equal(tryLock(file, holder(2), alive(2)), true);
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), holder(2));
    }),
  );

  test(
    'a holder whose pid somebody else has now is dead',
    inDirectory((file) => {
      tryLock(file, { pid: 1, started: 'before the reboot' }, alive(1));
      assert.equal(tryLock(file, holder(2), alive(1, 2)), true);
    }),
  );

  test(
    'an unreadable lock is nobody’s',
    inDirectory((file) => {
      writeFileSync(file, 'half a l');
      assert.equal(tryLock(file, holder(2), alive(2)), true);
    }),
  );

  test(
    'the second waits for the first, and says so once',
    inDirectory(async (file) => {
      const events: string[] = [];
      const work = (name: string) => async () => {
        events.push(`${name} begins`);
        await sleep(300);
        events.push(`${name} ends`);
      };
      const said: string[] = [];
      const first = withLock(file, (line) => said.push(line), work('first'));
      await Promise.all([first, withLock(file, (line) => said.push(line), work('second'))]);
      assert.deepEqual(events, ['first begins', 'first ends', 'second begins', 'second ends']);
      assert.deepEqual(said, [`waiting for another up or down (pid ${process.pid}) to finish`]);
      assert.equal(existsSync(file), false);
    }),
  );

  test('a process is told from another with the same pid by when it began', () => {
    const started = startOf(process.pid);
    assert.ok(started !== undefined);
    assert.equal(isAlive({ pid: process.pid, started }), true);
    assert.equal(isAlive({ pid: process.pid, started: '1' }), false);
    assert.equal(isAlive({ pid: 2 ** 22 + 1, started }), false);
  });
});
