/** The metrics of the servers of the local stack. */
import { Kube, textOf } from '../test/chaos/kube.ts';
import { place } from '../local/place.ts';
import { find, running } from '../local/processes.ts';
import { run } from '../local/run.ts';

export interface Servers {
  kubernetes(): Promise<string>;
  /** Undefined: this Temporal tells none. */
  temporal(): Promise<string | undefined>;
  close(): void;
}

export async function serversOf(kubeconfig: string, context: string): Promise<Servers> {
  const kube = new Kube(kubeconfig, context);
  const address = await temporalMetrics();
  return {
    kubernetes: async () => textOf(await kube.send({ method: 'GET', path: '/metrics' })),
    temporal: async () => (address === undefined ? undefined : (await fetch(address)).text()),
    close: () => kube.close(),
  };
}

/** The development server chooses a free port for them, and says to nobody which: so each that it listens on is asked. */
async function temporalMetrics(): Promise<string | undefined> {
  const server = find(running(place()), 'temporal', 'temporal');
  if (!server) return undefined;
  const sockets = await run('ss', ['-ltnpH']).catch(() => '');
  const mine = sockets.split('\n').filter((line) => line.includes(`pid=${server.pid},`));
  const addresses = mine.map((line) => `http://${line.trim().split(/\s+/)[3]}/metrics`);
  const told = await Promise.all(addresses.map((address) => tellsMetrics(address)));
  return addresses.find((_, at) => told[at]);
}

/** Most of its ports speak gRPC, and answer this not at all. */
const ANSWER_WITHIN_MS = 10_000;

async function tellsMetrics(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return (await answer.text()).includes('service_requests');
  } catch {
    return false;
  }
}
