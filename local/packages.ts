/** What our own cluster takes from Debian (or Ubuntu): installed when root, named otherwise. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync, statSync, type Stats } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { newEnough } from './build.ts';
import type { Say } from './progress.ts';
import { Problem } from '../src/common/problem.ts';
import { SYSTEM_PATH } from './processes.ts';
import { run } from './run.ts';

/** Where CNI plugins live: Debian's package, or everybody else's tarball. */
export const CNI_DIRECTORIES = ['/usr/lib/cni', '/opt/cni/bin'];

const NEEDED: ReadonlyArray<{ package: string; tools: readonly string[] }> = [
  { package: 'containerd', tools: ['containerd', 'containerd-shim-runc-v2', 'ctr'] },
  { package: 'runc', tools: ['runc'] },
  { package: 'containernetworking-plugins', tools: ['ptp', 'host-local', 'loopback'] },
  { package: 'busybox-static', tools: ['busybox'] },
  { package: 'iproute2', tools: ['ip'] },
  { package: 'openssl', tools: ['openssl'] },
  { package: 'util-linux', tools: ['unshare', 'nsenter', 'setsid'] },
];

/** The oldest that a maintained Debian or Ubuntu has, and mends: with an older runc a pod may leave its container. */
const OLDEST = { containerd: '1.6.20', runc: '1.1.5' };

/** A program's full path, as root would find it whatever PATH the caller has. */
export function locate(
  tool: string,
  also: readonly string[] = [],
  path = process.env['PATH'] ?? '',
): string | undefined {
  const directories = [...path.split(delimiter), ...SYSTEM_PATH.split(':'), ...also];
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, tool))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export const missingPackages = (): string[] =>
  NEEDED.filter(({ tools }) => tools.some((tool) => locate(tool, CNI_DIRECTORIES) === undefined)).map(
    (one) => one.package,
  );

const INSTEAD = 'or give a cluster of your own: --context NAME (kind, k3d, …)';

/** Checked before anything long begins. */
export function requireClusterMachine(): void {
  if (process.platform !== 'linux')
    throw new Problem(`a cluster of our own runs on Linux only; make one with kind or k3d, then up --context kind-…`);
  if (process.getuid?.() !== 0)
    throw new Problem(`a cluster of our own needs root (namespaces, cgroups): sudo npm run up, ${INSTEAD}`);
}

export function installPackages(say: Say): void {
  const packages = missingPackages();
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Problem(`missing: ${packages.join(' ')} (Debian's names); install them, ${INSTEAD}`);
  }
  say(`installing ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const attempt = (): boolean => spawnSync('sh', ['-c', command], { env, encoding: 'utf8' }).status === 0;
  // The lists on a fresh machine are empty or old: the first refusal is no verdict.
  const installed = attempt() || (spawnSync('apt-get', ['update'], { env }).status === 0 && attempt());
  if (!installed || missingPackages().length > 0)
    throw new Problem(`could not install what is missing; run: ${command}`);
}

type Facts = Pick<Stats, 'uid' | 'gid' | 'mode'> & { isDirectory(): boolean };

/** From a path up to the root. */
const upwards = (path: string): string[] => (path === dirname(path) ? [path] : [path, ...upwards(dirname(path))]);

/** By whom, other than root, a program could be replaced: by the owner of its file or of a folder above it, or by who may write there. */
export function replaceable(program: string, factsOf: (path: string) => Facts = statSync): string | undefined {
  const file = realpathSync(program);
  // A link is as safe as the folder that it stands in.
  for (const path of new Set([...upwards(file), ...upwards(realpathSync(dirname(program)))])) {
    const facts = factsOf(path);
    const { uid, gid } = facts;
    const mode = facts.mode & 0o7777;
    if (uid !== 0) return `${path} belongs to user ${uid}`;
    if (facts.isDirectory() && mode & 0o1000) continue; // sticky: what is root's in there stays root's
    if (mode & 0o002 || (mode & 0o020 && gid !== 0)) return `${path} has mode ${mode.toString(8)}`;
  }
  return undefined;
}

/** Pure: what is wrong with the version that a program tells, as in `runc version 1.1.5+ds1`. */
export function tooOld(program: keyof typeof OLDEST, told: string): string | undefined {
  const version = /(?:^|\s)v?(\d+\.\d+\.\d+\S*)/.exec(told)?.[1];
  if (version === undefined) return `does not tell its version: ${(told.trim().split('\n')[0] ?? '').slice(0, 80)}`;
  return newEnough(version, OLDEST[program])
    ? undefined
    : `is ${version}, and too old: ${OLDEST[program]} is the least`;
}

/** They run as root here, whoever put them there: so nobody else may have, and the two that hold pods in must be mended ones. */
export async function checkPrograms(): Promise<void> {
  const paths = NEEDED.flatMap(({ tools }) => tools.flatMap((tool) => everywhere(tool)));
  const faults = [...new Set(paths)].flatMap((path) => {
    const why = replaceable(path);
    return why === undefined ? [] : [`${path} would run as root, and others can change it: ${why}`];
  });
  // Not asked for its version unless it is root's.
  if (faults.length === 0)
    for (const program of Object.keys(OLDEST) as (keyof typeof OLDEST)[])
      for (const path of everywhere(program)) {
        const why = tooOld(program, await run(path, ['--version']));
        if (why !== undefined) faults.push(`${path} ${why}`);
      }
  if (faults.length > 0) throw new Problem(`${faults.join('\n')}\nmend it, ${INSTEAD}`);
}

/** As we find it, and as containerd does. */
const everywhere = (tool: string): string[] =>
  [locate(tool, CNI_DIRECTORIES), locate(tool, CNI_DIRECTORIES, SYSTEM_PATH)].filter((path) => path !== undefined);
