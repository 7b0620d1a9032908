/**
 * Builds what is missing, once. A finished binary is moved into place in one step, so an interrupted build goes on where it
 * stopped: finished binaries count, and Go's own cache keeps what was compiled of the others.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Binary, type GoModule, recipe } from './modules.ts';
import type { Place } from './place.ts';
import { Problem } from '../src/common/problem.ts';
import { progressText, ticker, type Say } from './progress.ts';

type Job = { module: GoModule; binary: Binary; target: string; flags: string[] };

export const binaryDirectory = (place: Place, module: GoModule): string => join(place.binaries, recipe(module).key);

function missing(place: Place, module: GoModule): Job[] {
  const { flags } = recipe(module);
  const directory = binaryDirectory(place, module);
  return module.binaries
    .map((binary) => ({ module, binary, target: join(directory, binary.name), flags }))
    .filter((job) => !existsSync(job.target));
}

/** Pure: is this Go new enough for that go.mod? */
export function newEnough(have: string, need: string): boolean {
  const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
  const [a, b] = [numbers(have), numbers(need)];
  for (let i = 0; i < 3; i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  }
  return true;
}

function requireGo(modules: readonly GoModule[]): void {
  const asked = spawnSync('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { encoding: 'utf8', cwd: import.meta.dirname });
  const instead = 'or use what you have: --context NAME (kind, k3d, …) and TEMPORAL_ADDRESS or `temporal` on PATH';
  const [version = '', toolchain] = asked.status === 0 ? asked.stdout.split('\n') : [];
  if (version === '') throw new Problem(`Go is needed to build a local stack: install Go 1.24 or newer, ${instead}`);
  // From 1.21 on, Go fetches a newer toolchain by itself, unless told to stay local.
  const need =
    modules.map((module) => recipe(module).goVersion).sort((a, b) => (newEnough(a, b) ? -1 : 1))[0] ?? '1.24';
  const enough = newEnough(version, toolchain === 'local' ? need : '1.21');
  if (!enough) throw new Problem(`${version} is too old: install Go ${need} or newer, ${instead}`);
}

export async function buildAll(place: Place, modules: readonly GoModule[], say: Say): Promise<void> {
  const jobs = modules.flatMap((module) => missing(place, module));
  if (jobs.length === 0) return;
  requireGo(modules);
  const steps = jobs.map(({ binary }) => ({ name: binary.name, weight: binary.weight }));
  const began = Date.now();
  for (const [index, job] of jobs.entries()) {
    const stepBegan = Date.now();
    const text = (): string =>
      progressText('building', steps, index, (stepBegan - began) / 1000, (Date.now() - stepBegan) / 1000);
    const stop = ticker(say, text);
    try {
      await build(place, job);
    } finally {
      stop();
    }
  }
  say(`built ${jobs.map(({ binary }) => binary.name).join(', ')} in ${Math.round((Date.now() - began) / 1000)} s`);
}

async function build(place: Place, { module, binary, target, flags }: Job): Promise<void> {
  mkdirSync(place.buildLogs, { recursive: true, mode: 0o700 });
  mkdirSync(join(target, '..'), { recursive: true, mode: 0o700 });
  const logPath = join(place.buildLogs, `${binary.name}.log`);
  const draft = `${target}.part`; // the lock keeps other builds out; an interrupted one's is overwritten
  rmSync(draft, { force: true });
  const log = openSync(logPath, 'w', 0o600);
  const child = spawn('go', ['build', ...flags, '-o', draft, binary.package], {
    cwd: module.directory,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const code = await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  if (code === null) throw new Problem(`building ${binary.name} was interrupted; the next up goes on from there`);
  if (code !== 0) {
    rmSync(draft, { force: true });
    const tail = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    throw new Problem(`building ${binary.name} failed:\n${tail}\nthe whole log: ${logPath}`);
  }
  renameSync(draft, target);
}
