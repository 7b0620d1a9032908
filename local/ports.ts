/** Ports on loopback. A taken one is no error: the next free one is used, and said. */
import { createServer } from 'node:net';
import { Problem } from '../src/common/problem.ts';

export type IsFree = (port: number, host: string) => Promise<boolean>;

export const isFree: IsFree = (port, host) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** The preferred port, or the next free one above it that nobody else of this stack was promised. */
export async function choosePort(
  preferred: number,
  promised: Set<number>,
  { host = '127.0.0.1', free = isFree }: { host?: string; free?: IsFree } = {},
): Promise<number> {
  for (let port = preferred; port < preferred + 100 && port < 65_536; port++) {
    if (promised.has(port) || !(await free(port, host))) continue;
    promised.add(port);
    return port;
  }
  throw new Problem(`no free port from ${preferred} to ${preferred + 99} on ${host}; free one of them`);
}

/** One sentence for every port that is not the one people expect. */
export const portNotes = (wanted: Record<string, number>, got: Record<string, number>): string[] =>
  Object.entries(wanted)
    .filter(([name, port]) => got[name] !== undefined && got[name] !== port)
    .map(([name, port]) => `port ${port} is taken, so ${name} is on ${got[name]}`);
