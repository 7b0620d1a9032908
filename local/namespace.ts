/**
 * A node is one pid namespace and one mount namespace, held by a process that does nothing. Kill it, and the kernel ends
 * containerd, kubelet, every shim and every pod's process, and with them go all their mounts, network namespaces and
 * interfaces: that is what makes `down` complete after any crash. What the parts would write elsewhere on the machine
 * (kernel settings, /var/lib/kubelet, …) they write into the namespace's own mounts.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, readText, writeJson } from './files.ts';
import type { Place } from './place.ts';
import { Problem } from '../src/common/problem.ts';
import { environment, find, logFile, running, startDetached, until } from './processes.ts';
import { run } from './run.ts';

/** Paths that containerd, CNI and the kubelet have built in. Inside the namespace each is an empty tmpfs. */
const BUILT_IN = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'];

/**
 * The kubelet sets the first six, CNI's ptp the last. They find their wish already fulfilled, in a file that only looks like
 * the kernel's: a development tool changes no kernel setting, and makes no router of the machine.
 */
const WISHES: Record<string, string> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
  'net/ipv4/ip_forward': '1',
};

export const HOLDER = 'sleep';
const SOURCE = 'temporal-pods';
const madeFile = (place: Place): string => join(place.run, 'mount-points.json');

/** Is something of a stack's mounted there, in anybody's namespace? (Removing a mount point would unmount it there.) */
const mountedSomewhere = (path: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => (readText(`/proc/${pid}/mountinfo`) ?? '').split('\n'))
    .some((line) => line.split(' ')[4] === path && line.includes(` ${SOURCE} `));

/**
 * Mount points must exist outside, so that they can be mounted on inside. Those that we make, or share with another stack that made
 * them, are written down first, so that a crash forgets none.
 */
function makeMountPoints(place: Place): void {
  const ours = new Set(readJson<string[]>(madeFile(place)));
  for (const path of BUILT_IN) if (!existsSync(path) || mountedSomewhere(path)) ours.add(path);
  writeJson(madeFile(place), [...ours]);
  for (const path of BUILT_IN) mkdirSync(path, { recursive: true });
}

/** Takes away the mount points that we made, as long as nobody else has put something there or on them. */
export function removeMountPoints(place: Place): void {
  for (const path of readJson<string[]>(madeFile(place)) ?? []) {
    if (mountedSomewhere(path)) continue;
    try {
      rmdirSync(path);
    } catch {
      // in use by somebody else now, or gone
    }
  }
}

function writeWishes(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return Object.entries(WISHES).map(([setting, value]) => {
    const file = join(directory, setting.replaceAll('/', '.'));
    writeFileSync(file, `${value}\n`);
    return `[ ! -e /proc/sys/${setting} ] || mount --bind '${file}' /proc/sys/${setting}`;
  });
}

export const holderOf = (place: Place, part: string): number | undefined => find(running(place), part, HOLDER)?.pid;

/** Makes the namespace unless it is there; gives the pid of its holder. */
export async function ensureNamespace(place: Place, part: string): Promise<number> {
  const there = holderOf(place, part);
  if (there !== undefined) return there;
  makeMountPoints(place);
  const mounts = BUILT_IN.map((path) => `mount -t tmpfs -o mode=0755 ${SOURCE} ${path}`);
  const script = [
    'set -e',
    ...mounts,
    ...writeWishes(join(place.run, 'sysctl')),
    // Orphans of the namespace become this process's children; ignoring their deaths is what buries them.
    'exec env --ignore-signal=CHLD sleep infinity',
  ].join('\n');
  const flags = ['--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child', '--mount-proc'];
  startDetached(place, part, ['unshare', ...flags, 'sh', '-c', script]);
  await until(() => holderOf(place, part) !== undefined, 5_000, 10);
  const pid = holderOf(place, part);
  if (pid === undefined) throw new Problem(`cannot make a namespace for ${part}; see ${logFile(place, part)}`);
  return pid;
}

/** Starts a process inside. The shell that starts it ends at once, so it is the holder's child and nobody waits for it. */
export async function startInside(place: Place, holder: number, part: string, argv: readonly string[]): Promise<void> {
  const env = Object.entries(environment(place, part)).map(([name, value]) => `${name}=${value ?? ''}`);
  const script = 'log=$1; shift; cd /; setsid "$@" >>"$log" 2>&1 </dev/null &';
  const inside = ['-t', String(holder), '-m', '-p', '--', 'env', '-i', ...env];
  await run('nsenter', [...inside, 'sh', '-c', script, 'sh', logFile(place, part), ...argv]);
}
