/** `npm run status`: what runs, where, in which version. Exit code 0 when all of it answers. */
import { parseArgs } from 'node:util';
import { adminKubeconfig, CONTROL_PLANE } from './control-plane.ts';
import { kubeApi, readyNodes } from './kube-api.ts';
import { HOLDER } from './namespace.ts';
import { nodeParts } from './node.ts';
import { place as placeOf } from './place.ts';
import { main, usage } from '../src/common/problem.ts';
import { find, running } from './processes.ts';
import { run } from './run.ts';
import { readStack, type Stack } from './stack.ts';
import { readState } from './state.ts';
import { isServing, WEB_UI } from './temporal.ts';
import { ownCluster, ownTemporal } from './user.ts';

type Health = { up: boolean; version?: string; problem?: string };

export type Status = {
  up: boolean;
  temporal?: Stack['temporal'] & Health;
  kubernetes?: Stack['kubernetes'] & Health;
  /** Ours only: what has a process, and which. */
  processes: { part: string; program: string; pid: number }[];
};

const failed = (error: unknown): Health => ({
  up: false,
  problem: error instanceof Error ? error.message : String(error),
});

async function temporalHealth(temporal: Stack['temporal']): Promise<Health> {
  const { executable } = temporal;
  if (executable === undefined) return ownTemporal().then(() => ({ up: true }), failed);
  const [up, version] = await Promise.all([isServing(executable, temporal.address), run(executable, ['--version'])]);
  return {
    up,
    version: version.trim().replace(/^temporal version /, ''),
    ...(up ? {} : { problem: 'does not answer' }),
  };
}

/** A node stays Ready for 40 s after its kubelet has died: so its processes are looked for too. */
function missingParts(): string[] {
  const nodes = readState(placeOf()).kubernetes?.nodes ?? [];
  const there = parts().map(({ part }) => part);
  return [...CONTROL_PLANE, ...nodes.flatMap(nodeParts)].filter((part) => !there.includes(part));
}

async function kubernetesHealth(kubernetes: Stack['kubernetes']): Promise<Health> {
  if (kubernetes.kubeconfig !== adminKubeconfig(placeOf()))
    return ownCluster(kubernetes).then(() => ({ up: true }), failed);
  try {
    const api = kubeApi(kubernetes.kubeconfig);
    const [{ body }, ready] = await Promise.all([api('GET', '/version'), readyNodes(api)]);
    const problems = [
      ...kubernetes.nodes.filter((node) => !ready.includes(node)).map((node) => `node ${node} is not ready`),
      ...missingParts().map((part) => `${part} does not run`),
    ];
    const version = (body as { gitVersion: string }).gitVersion;
    return { up: problems.length === 0, version, ...(problems.length > 0 ? { problem: problems.join(', ') } : {}) };
  } catch (error) {
    return failed(error);
  }
}

/** The main process of every part that can be ours, as far as it runs. */
function parts(): Status['processes'] {
  const all = running(placeOf());
  const names = new Set(all.map(({ part }) => part));
  return [...names].flatMap((part) => {
    const name = programOf(part);
    const found = find(all, part, name);
    return found === undefined ? [] : [{ part, program: name, pid: found.pid }];
  });
}

function programOf(part: string): string {
  if (part === WEB_UI.part) return WEB_UI.program;
  return part.startsWith('node-') ? HOLDER : part.replace(/-\d+$/, '');
}

export async function status(): Promise<Status> {
  const stack = readStack();
  const processes = parts();
  if (stack === undefined) return { up: false, processes };
  const [temporal, kubernetes] = await Promise.all([
    temporalHealth(stack.temporal),
    kubernetesHealth(stack.kubernetes),
  ]);
  return {
    up: temporal.up && kubernetes.up,
    temporal: { ...stack.temporal, ...temporal },
    kubernetes: { ...stack.kubernetes, ...kubernetes },
    processes,
  };
}

const word = ({ up, problem }: Health): string => (up ? 'up' : `down (${problem ?? 'does not answer'})`);

/** The same for a person. */
export function describe({ temporal, kubernetes, processes }: Status): string {
  if (temporal === undefined || kubernetes === undefined) {
    const stray = processes.length === 0 ? '' : `; ${processes.length} processes of an unfinished up are there`;
    return `nothing is up: npm run up${stray}`;
  }
  const lines: [string, string | undefined][] = [
    ['Temporal', `${word(temporal)}${temporal.version === undefined ? '' : `, ${temporal.version}`}`],
    ['  address', `${temporal.address}, namespace ${temporal.namespace}`],
    ['  Web UI', temporal.uiUrl],
    ['  CLI', temporal.executable],
    ['Kubernetes', `${word(kubernetes)}${kubernetes.version === undefined ? '' : `, ${kubernetes.version}`}`],
    ['  kubeconfig', kubernetes.kubeconfig],
    ['  context', `${kubernetes.context}, namespace ${kubernetes.namespace}`],
    ['  worker', kubernetes.workerKubeconfig === kubernetes.kubeconfig ? undefined : kubernetes.workerKubeconfig],
    ['  nodes', kubernetes.nodes.join(', ') || undefined],
    ['  try', kubernetes.kubectl && `${kubernetes.kubectl} --kubeconfig ${kubernetes.kubeconfig} get pods`],
    ['Logs', processes.length > 0 ? placeOf().logs : undefined],
    ['Processes', processes.map(({ part, pid }) => `${part} ${pid}`).join(', ') || undefined],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(14)}${value}`)
    .join('\n');
}

const HELP = `Usage: npm run status -- [-o json]

Tells what runs. Exit code 0 when all of it answers, 1 otherwise.`;

async function command(): Promise<number> {
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: { output: { type: 'string', short: 'o' }, debug: flag, help: { ...flag, short: 'h' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.output !== undefined && values.output !== 'json') throw usage('-o takes json');
  const now = await status();
  console.log(values.output === 'json' ? JSON.stringify(now, null, 2) : describe(now));
  return now.up ? 0 : 1;
}

if (import.meta.main) await main(command);
