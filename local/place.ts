/**
 * Where a stack lives. Everything of ours is under one per-user cache directory, and everything that has to be
 * found again elsewhere (cgroups, subnets) carries an id derived from it, so that stacks of two users, or of a test and
 * its developer, never meet.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { usage } from '../src/common/problem.ts';
import { cacheHome, stackFile } from '../src/config/local-stack.ts';

export type Place = {
  /** Per-user cache: survives `down`. */
  readonly cache: string;
  /** What the next user of the machine reads: see src/config/local-stack.ts. */
  readonly stackFile: string;
  readonly lock: string;
  /** Temporal's histories: survive `down`, so that yesterday's run can still be read. */
  readonly database: string;
  readonly binaries: string;
  readonly images: string;
  readonly buildLogs: string;
  /** Everything of the running stack: thrown away by `down`. */
  readonly run: string;
  readonly logs: string;
  /** Short and stable: part of the names of cgroups and networks. */
  readonly id: string;
};

/** Unix sockets below this directory must stay under the kernel's 108 bytes. */
const LONGEST_CACHE_PATH = 60;

export function place(cache: string = cacheHome()): Place {
  if (cache.length > LONGEST_CACHE_PATH) {
    throw usage(`${cache} is too long a path for the sockets in it; set XDG_CACHE_HOME to a shorter directory`);
  }
  const run = join(cache, 'run');
  return {
    cache,
    stackFile: stackFile(cache),
    lock: join(cache, 'up.lock'),
    database: join(cache, 'temporal.db'),
    binaries: join(cache, 'bin'),
    images: join(cache, 'images'),
    buildLogs: join(cache, 'build-logs'),
    run,
    logs: join(run, 'logs'),
    id: createHash('sha256').update(run).digest('hex').slice(0, 6),
  };
}
