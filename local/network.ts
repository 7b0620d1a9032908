/** Names, addresses and subnets of nodes. Pure, except for asking the machine which routes it has. */
import { readText } from './files.ts';
import { run } from './run.ts';

const toNumber = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

function range(cidr: string): [number, number] {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(address) / size) * size;
  return [first, first + size - 1];
}

export function overlap(a: string, b: string): boolean {
  const [[a1, a2], [b1, b2]] = [range(a), range(b)];
  return a1 <= b2 && b1 <= a2;
}

/** A /24 that collides with no route of the machine, and (by the stack's id) hardly with another stack's. */
export function chooseSubnet(id: string, node: number, routes: readonly string[]): string {
  const seed = Number.parseInt(id, 16);
  for (let step = 0; step < 100; step++) {
    const subnet = `10.${128 + ((seed + step) % 100)}.${(Math.floor(seed / 100) % 100) + node}.0/24`;
    if (!routes.some((route) => overlap(route, subnet))) return subnet;
  }
  return `10.127.${node}.0/24`;
}

export async function routes(): Promise<string[]> {
  const listed = JSON.parse(await run('ip', ['-4', '-j', 'route'])) as { dst: string }[];
  return listed.map(({ dst }) => dst).filter((dst) => dst !== 'default');
}

export const hasDefaultRoute = (table = readText('/proc/net/route') ?? ''): boolean => /^\S+\s+00000000\s/m.test(table);

/**
 * A node's name must lead to its loopback address, where only its kubelet listens. `localhost` does, but the kubelet then wants a
 * default route; a machine without one gets the address as a name.
 */
export function nodeName(number: number, online: boolean): { name: string; address: string } {
  const address = `127.0.0.${number}`;
  return { name: number === 1 && online ? 'localhost' : address, address };
}
