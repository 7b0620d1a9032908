/**
 * One `up` or `down` at a time. The lock is a file that names its holder by pid and start time; it appears with its content
 * in one step (a hard link), so that nobody ever reads an empty one, and a dead holder's is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';

export type Holder = { pid: number; started: string };

/** When a process began, in the kernel's own words; undefined when it is not there. A reused pid has another one. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return undefined;
  }
}

export const isAlive = (holder: Holder, start: (pid: number) => string | undefined = startOf): boolean =>
  start(holder.pid) === holder.started;

const parse = (text: string): Holder | undefined => {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
};

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** True when it is ours now; otherwise who has it. */
export function tryLock(file: string, me: Holder, start = startOf): true | Holder {
  const draft = `${file}.${randomUUID()}`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(draft, file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const seen = read(file);
      if (seen === undefined) continue; // just released
      const holder = parse(seen);
      if (holder !== undefined && isAlive(holder, start)) return holder;
      removeStale(file, seen);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's lock away. If somebody was quicker and this is already a living one's, it is put back. */
function removeStale(file: string, seen: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== seen) linkSync(aside, file);
  } catch {
    // gone already, or taken again: the caller's loop looks anew
  } finally {
    rmSync(aside, { force: true });
  }
}

export async function withLock<T>(file: string, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const me: Holder = { pid: process.pid, started: startOf(process.pid) ?? '' };
  for (let told = false; ; told = true) {
    const got = tryLock(file, me);
    if (got === true) break;
    if (!told) say(`waiting for another up or down (pid ${got.pid}) to finish`);
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
