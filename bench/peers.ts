/**
 * The peers: Python programs in environments of their own, which the bench makes once in the cache folder. They are no dependencies of
 * the product. Both drivers speak as `peers/serve.py` says.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runToItsEnd, start } from './child.ts';
import type { Subject, Told } from './subject.ts';
import { abortable, type World } from './world.ts';

/** The name of a driver in `peers/`, and of the list of its pinned packages beside it. */
export type PeerName = 'kubernetes_pod_operator' | 'dagster_pipes_client';

const file = (name: string) => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));

/**
 * The folder of an environment with the pinned packages of this peer; the first time it takes a minute or two.
 *
 * @throws what pip or Python said, when it cannot be made
 */
async function environmentOf(peer: PeerName, { cache, signal, say }: World): Promise<string> {
  signal.throwIfAborted();
  const packages = file(`${peer}.txt`);
  const key = createHash('sha256').update(readFileSync(packages)).digest('hex').slice(0, 12);
  const folder = join(cache, `${peer}-${key}`);
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return folder;
  say(`installing ${peer} from PyPI into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await makeEnvironment(folder, signal);
  await runToItsEnd(join(folder, 'bin/pip'), ['install', '--quiet', '-r', packages], { signal });
  writeFileSync(whole, '');
  return folder;
}

/** Debian has what makes environments in a package of its own. */
async function makeEnvironment(folder: string, signal: AbortSignal): Promise<void> {
  const make = () => runToItsEnd('python3', ['-m', 'venv', folder], { signal });
  try {
    await make();
  } catch (error) {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw error;
    const install = ['install', '-y', '--no-install-recommends', 'python3-venv'];
    await runToItsEnd('apt-get', install, { signal }).catch(() => {
      throw error;
    });
    rmSync(folder, { recursive: true, force: true });
    await make();
  }
}

export interface Peer {
  readonly pid: number;
  /** `tuned`: with the shortest polls that its parameters allow. */
  subject(tuned: boolean): Subject;
  close(): Promise<void>;
}

/** @throws why it cannot be had: the bench says so, and goes on without it */
export async function startPeer(peer: PeerName, world: World): Promise<Peer> {
  const { kubeconfig, context, namespace, signal } = world;
  const folder = await environmentOf(peer, world);
  const child = await start(join(folder, 'bin/python'), ['-B', file(`${peer}.py`)], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      // What they keep of their own stays beside them.
      HOME: folder,
      AIRFLOW_HOME: join(folder, 'airflow'),
      DAGSTER_DISABLE_TELEMETRY: 'yes',
      BENCH_KUBECONFIG: kubeconfig,
      BENCH_CONTEXT: context,
    },
  });
  const answers = createInterface({ input: child.process.stdio[3] as Readable })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${peer} has ended: ${child.said.slice(-5).join('\n')}`);
    return JSON.parse(value) as T;
  };
  const close = async () => child.end(3_000);
  try {
    await abortable(answer(), signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: child.pid,
    subject: (tuned) => ({
      pid: child.pid,
      async run({ pods, atOnce, image, command }) {
        child.process.stdin!.write(`${JSON.stringify({ namespace, image, command, pods, atOnce, tuned })}\n`);
        const told = await answer<Told | { error: string }>();
        if ('error' in told) throw new Error(told.error);
        return told;
      },
      close: async () => undefined,
    }),
    close,
  };
}
