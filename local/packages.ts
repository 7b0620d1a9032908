/** What our own cluster takes from Debian (or Ubuntu): installed when root, named otherwise. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Say } from './progress.ts';
import { Problem } from '../src/common/problem.ts';
import { SYSTEM_PATH } from './processes.ts';

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

/** A program's full path, as root would find it whatever PATH the caller has. */
export function locate(tool: string, also: readonly string[] = []): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_PATH.split(':'), ...also];
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
