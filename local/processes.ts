/**
 * The processes of a stack. None is remembered by its number: each carries our run directory and its part's name in
 * its environment, which only that process (and what it starts) can have. So a crash, a reboot or a reused pid can never
 * make us miss one of ours or end somebody else's.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from './files.ts';
import type { Place } from './place.ts';

export type Running = { pid: number; parent: number; part: string; argv: string[] };

const RUN = 'TEMPORAL_PODS_RUN';
const PART = 'TEMPORAL_PODS_PART';

export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The caller's environment and home stay out: tokens and client profiles in them are none of the stack's business. */
export const environment = (place: Place, part: string): NodeJS.ProcessEnv => ({
  PATH: SYSTEM_PATH,
  HOME: place.run,
  [RUN]: place.run,
  [PART]: part,
});

const fields = (path: string): string[] => {
  try {
    return readFileSync(path, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // gone, a kernel thread, or not ours to read
  }
};

/** Pure: whose process is this, going by its environment? */
export function partOf(environ: readonly string[], run: string): string | undefined {
  if (!environ.includes(`${RUN}=${run}`)) return undefined;
  return environ.find((entry) => entry.startsWith(`${PART}=`))?.slice(PART.length + 1);
}

function inspect(pid: number, run: string): Running | undefined {
  const part = partOf(fields(`/proc/${pid}/environ`), run);
  if (part === undefined) return undefined;
  const argv = fields(`/proc/${pid}/cmdline`);
  if (argv.length === 0) return undefined; // a zombie has no command line
  const parent = Number(/^PPid:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  return { pid, parent, part, argv };
}

/** Everything of ours that runs now, whoever started it. */
export function running(place: Place): Running[] {
  if (process.platform !== 'linux') return runningElsewhere(place);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => inspect(Number(name), place.run))
    .filter((found) => found !== undefined);
}

/** Without /proc (macOS) only Temporal can be ours, and its database's path, which is ours alone, tells it. */
function runningElsewhere(place: Place): Running[] {
  return execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(place.database))
    .map((line) => ({
      pid: Number.parseInt(line, 10),
      parent: 0,
      part: 'temporal',
      argv: line.trim().split(/\s+/).slice(1),
    }));
}

export const program = ({ argv }: Running): string => basename(argv[0] ?? '');

/**
 * The main process of each part. What it starts inherits the mark (a shim, say), but not the program's name; and between fork and
 * exec it has even that, but the main process for a parent.
 */
export const find = (all: readonly Running[], part: string, name: string): Running | undefined => {
  const named = all.filter((one) => one.part === part && program(one) === name);
  return named.find(({ parent }) => !named.some(({ pid }) => pid === parent));
};

export const logFile = (place: Place, part: string): string => join(place.logs, `${part}.log`);

/** Starts a process that outlives us: own session, nothing of our standard output held open. */
export function startDetached(place: Place, part: string, argv: readonly [string, ...string[]]): void {
  mkdirSync(place.logs, { recursive: true, mode: 0o700 });
  const log = openSync(logFile(place, part), 'a', 0o600);
  const child = spawn(argv[0], argv.slice(1), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: environment(place, part),
  });
  closeSync(log);
  child.on('error', () => undefined); // whoever waits for this part says what is missing
  child.unref();
}

function signal(place: Place, one: Running, name: NodeJS.Signals): void {
  // Looked at again right before the blow: the number may have changed hands since the list was made.
  const still = process.platform !== 'linux' || inspect(one.pid, place.run)?.part === one.part;
  if (!still) return;
  try {
    process.kill(one.pid, name);
  } catch {
    // it went by itself
  }
}

/** Ends those that `which` picks: asked first where `graceMs` allows, then without asking. */
export async function end(place: Place, which: (one: Running) => boolean, graceMs: number): Promise<void> {
  const mine = (): Running[] => running(place).filter(which);
  if (graceMs > 0) {
    for (const one of mine()) signal(place, one, 'SIGTERM');
    await until(() => mine().length === 0, graceMs);
  }
  const deadline = Date.now() + 10_000;
  while (mine().length > 0 && Date.now() < deadline) {
    for (const one of mine()) signal(place, one, 'SIGKILL');
    await until(() => mine().length === 0, 500);
  }
}

export async function until(done: () => boolean | Promise<boolean>, withinMs: number, everyMs = 50): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (await done()) return true;
    if (Date.now() >= deadline) return false;
    await sleep(everyMs);
  }
}
