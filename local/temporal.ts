/** A Temporal server of our own: the CLI's, with SQLite. Its database outlives `down`, so histories stay readable. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Say } from './progress.ts';
import type { Place } from './place.ts';
import { choosePort, portNotes } from './ports.ts';
import { find, running, startDetached } from './processes.ts';
import { untilReady } from './ready.ts';
import { run } from './run.ts';
import type { Stack } from './stack.ts';
import { readState, updateState } from './state.ts';

export const NAMESPACE = 'default';
const PORTS = { Temporal: 7233, 'the Web UI': 8233 };

/** `Name=Type`, created with the server. */
const SEARCH_ATTRIBUTES = ['PodFailure=KeywordList'];

const PART = 'temporal';

export const temporalRuns = (place: Place): boolean => find(running(place), PART, 'temporal') !== undefined;

/** Asked without the user's environment and home: a profile there may demand TLS of everybody. */
export async function isServing(executable: string, address: string): Promise<boolean> {
  const args = ['operator', 'cluster', 'health', '--address', address];
  const answer = await run(executable, args, { timeout: 5_000, env: { HOME: '/' } }).catch(() => '');
  return answer.includes('SERVING') && !answer.includes('NOT_SERVING');
}

async function choose(place: Place, say: Say): Promise<{ port: number; uiPort: number }> {
  const before = readState(place).temporal;
  if (before !== undefined && temporalRuns(place)) return before;
  const promised = new Set<number>();
  const port = await choosePort(before?.port ?? PORTS.Temporal, promised);
  const uiPort = await choosePort(before?.uiPort ?? PORTS['the Web UI'], promised);
  portNotes(PORTS, { Temporal: port, 'the Web UI': uiPort }).forEach((note) => say(note));
  updateState(place, { temporal: { port, uiPort } });
  return { port, uiPort };
}

export async function ensureTemporal(place: Place, executable: string, say: Say): Promise<Stack['temporal']> {
  const { port, uiPort } = await choose(place, say);
  const address = `127.0.0.1:${port}`;
  if (!temporalRuns(place)) {
    mkdirSync(dirname(place.database), { recursive: true, mode: 0o700 });
    startDetached(place, PART, [
      executable,
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1'],
      ...['--port', String(port), '--ui-port', String(uiPort)],
      ...['--db-filename', place.database, '--log-level', 'warn'],
      ...SEARCH_ATTRIBUTES.flatMap((attribute) => ['--search-attribute', attribute]),
    ]);
  }
  await untilReady(place, PART, 'temporal', () => isServing(executable, address));
  return { address, namespace: NAMESPACE, uiUrl: `http://127.0.0.1:${uiPort}`, executable };
}
