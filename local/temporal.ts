/**
 * A Temporal server of our own: the CLI's, with SQLite. Its database outlives `down`, so histories stay readable. It asks nobody who they
 * are, so every port of it that speaks HTTP is closed to the pages of the web that a developer looks at meanwhile (gRPC, no page speaks).
 */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { dirname } from 'node:path';
import { Problem } from '../src/common/problem.ts';
import type { Say } from './progress.ts';
import type { Place } from './place.ts';
import { choosePort, portNotes } from './ports.ts';
import { end, find, running, startDetached } from './processes.ts';
import { untilReady } from './ready.ts';
import { run } from './run.ts';
import type { Stack } from './stack.ts';
import { readState, updateState, type State } from './state.ts';
import { doorCommand, type Listening } from './web-ui.ts';

export const NAMESPACE = 'default';
const PORTS = { Temporal: 7233, 'the Web UI': 8233 };

/** `Name=Type`, created with the server. */
const SEARCH_ATTRIBUTES = ['PodFailure=KeywordList'];

/**
 * The HTTP API starts workflows for whoever posts `text/plain`, which any page may. It cannot be switched off, but told which Host names
 * it answers: this one is none, since no request with a blank in its Host is taken. (An empty list would let an empty Host through.)
 */
const NO_HTTP = ['frontend.httpAllowedHosts=["no host"]', 'system.enableNexus=false'];

const PART = 'temporal';
/** Its program is Node's: see web-ui.ts. */
export const WEB_UI = { part: 'web-ui', program: 'node' };

/** Where processes are found, and where all of 127.0.0.0/8 is this machine. */
const HAS_UI = process.platform === 'linux';

type Chosen = NonNullable<State['temporal']>;

export const isTemporal = (part: string): boolean => part === PART || part === WEB_UI.part;

export const temporalRuns = (place: Place): boolean => find(running(place), PART, 'temporal') !== undefined;

/** Asked without the user's environment and home: a profile there may demand TLS of everybody. */
export async function isServing(executable: string, address: string): Promise<boolean> {
  const args = ['operator', 'cluster', 'health', '--address', address];
  const answer = await run(executable, args, { timeout: 5_000, env: { HOME: '/' } }).catch(() => '');
  return answer.includes('SERVING') && !answer.includes('NOT_SERVING');
}

/** One of 16 million addresses and 20,000 ports of this machine: a page that tries them all is at it for years. */
async function hidden(): Promise<Listening> {
  const host = ['127', randomInt(1, 255), randomInt(256), randomInt(1, 255)].join('.');
  return { host, port: await choosePort(randomInt(20_000, 40_000), new Set(), { host }) };
}

async function choose(place: Place, say: Say): Promise<Chosen> {
  const before = readState(place).temporal;
  if (before !== undefined && temporalRuns(place)) return before;
  await end(place, ({ part }) => part === WEB_UI.part, 0); // it leads to a UI that is no more
  const promised = new Set<number>();
  const port = await choosePort(before?.port ?? PORTS.Temporal, promised);
  const uiPort = await choosePort(before?.uiPort ?? PORTS['the Web UI'], promised);
  const httpPort = await choosePort(randomInt(20_000, 40_000), promised);
  portNotes(PORTS, { Temporal: port, ...(HAS_UI && { 'the Web UI': uiPort }) }).forEach((note) => say(note));
  const temporal = { port, uiPort, httpPort, ...(HAS_UI && { ui: await hidden() }) };
  updateState(place, { temporal });
  return temporal;
}

export async function ensureTemporal(place: Place, executable: string, say: Say): Promise<Stack['temporal']> {
  const chosen = await choose(place, say);
  const { port, uiPort, httpPort, ui } = chosen;
  const address = `127.0.0.1:${port}`;
  if (httpPort === undefined)
    say('this Temporal was started by an earlier version, open to the pages of the web: npm run down, then up');
  else if (!temporalRuns(place)) {
    mkdirSync(dirname(place.database), { recursive: true, mode: 0o700 });
    startDetached(place, PART, [
      executable,
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--http-port', String(httpPort)],
      ...(ui ? ['--ui-ip', ui.host, '--ui-port', String(ui.port)] : ['--headless']),
      ...['--db-filename', place.database, '--log-level', 'warn'],
      ...SEARCH_ATTRIBUTES.flatMap((attribute) => ['--search-attribute', attribute]),
      ...NO_HTTP.flatMap((setting) => ['--dynamic-config-value', setting]),
    ]);
  }
  if (ui && find(running(place), WEB_UI.part, WEB_UI.program) === undefined)
    startDetached(place, WEB_UI.part, doorCommand(uiPort, ui));
  await untilReady(place, PART, 'temporal', () => isServing(executable, address));
  if (httpPort !== undefined) await mustRefuse(executable, httpPort);
  if (ui) await untilReady(place, WEB_UI.part, WEB_UI.program, async () => (await statusOf(uiPort)) === 200);
  const uiUrl = ui || httpPort === undefined ? `http://127.0.0.1:${uiPort}` : undefined;
  return { address, namespace: NAMESPACE, ...(uiUrl !== undefined && { uiUrl }), executable };
}

const statusOf = (port: number, path = '/'): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path, timeout: 5_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
  });

/** The user's own CLI may be so old that it knows no such setting, and says nothing of it. */
async function mustRefuse(executable: string, httpPort: number): Promise<void> {
  if ((await statusOf(httpPort, '/api/v1/namespaces')) === 403) return;
  throw new Problem(`${executable} lets any web page start workflows: replace it with Temporal's CLI 1.5 or newer`);
}
