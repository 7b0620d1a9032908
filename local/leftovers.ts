/** What of a stack is still on the machine. After `down` the answer must be: nothing. Looks at the machine, not at notes. */
import { existsSync, readFileSync } from 'node:fs';
import { cgroups, members } from './cgroups.ts';
import type { Place } from './place.ts';
import { running } from './processes.ts';
import { run } from './run.ts';

const linux = process.platform === 'linux';

/** The kernel writes a space in a path as \040. */
const unescape = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Pure: mount points in or under a directory. */
export const mountsUnder = (mountinfo: string, directory: string): string[] =>
  mountinfo
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((path) => path === directory || path.startsWith(`${directory}/`));

export const mounts = (place: Place): string[] =>
  linux ? mountsUnder(readFileSync('/proc/self/mountinfo', 'utf8'), place.run) : [];

type Link = { ifname: string; addr_info: { local?: string }[] };

/** Pure: interfaces with an address in one of the pods' subnets. */
export const interfacesIn = (links: readonly Link[], subnets: readonly string[]): string[] =>
  links
    .filter(({ addr_info }) =>
      addr_info.some(({ local = '' }) => subnets.some((subnet) => sameTwentyFour(local, subnet))),
    )
    .map(({ ifname }) => ifname);

const sameTwentyFour = (address: string, subnet: string): boolean =>
  address.startsWith(subnet.slice(0, subnet.lastIndexOf('.') + 1));

const interfaces = async (subnets: readonly string[]): Promise<string[]> =>
  linux && subnets.length > 0 ? interfacesIn(JSON.parse(await run('ip', ['-4', '-j', 'addr'])) as Link[], subnets) : [];

/** Each thing left, in words. `subnets`: those of the stack's nodes, as long as they are known. */
export async function leftovers(place: Place, subnets: readonly string[]): Promise<string[]> {
  const groups = linux ? cgroups(place) : [];
  return [
    ...running(place).map(({ pid, part }) => `process ${pid} (${part})`),
    ...groups.flatMap(members).map((pid) => `process ${pid} (in a pod's cgroup)`),
    ...groups.map((path) => `cgroup ${path}`),
    ...mounts(place).map((path) => `mount ${path}`),
    ...(await interfaces(subnets)).map((name) => `network interface ${name}`),
    ...[place.run, place.stackFile].filter(existsSync).map((path) => `file ${path}`),
  ];
}
