/** What of the node a pod may share: its network, processes, ports and users. */
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { containersOf, placed } from './reading.ts';
import type { Rules } from './rules.ts';
import { fault, mustBeAllowed } from './verdict.ts';

export function* hostFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const)
    if (pod.spec?.[field]) yield* mustBeAllowed(field, `spec.${field}`, pod.spec[field], rules[field]);
  if (rules.requireUserNamespace && pod.spec?.hostUsers !== false)
    yield fault('requireUserNamespace', 'spec.hostUsers', pod.spec?.hostUsers, 'must be false');
  for (const { path, item } of containersOf(pod)) {
    yield* portFaults(rules, `${path}.ports`, item);
    for (const [at, host] of calledHosts(path, item)) yield* mustBeAllowed('probeHosts', at, host, rules.probeHosts);
  }
}

function* portFaults({ hostPorts }: Rules, at: string, { ports }: V1Container): Iterable<string> {
  for (const { path, item } of placed(at, ports)) {
    const port = item.hostPort;
    if (!port || hostPorts.some((range) => isWithin(port, range))) continue;
    const allowed = hostPorts.join(', ') || 'nothing';
    yield fault('hostPorts', `${path}.hostPort`, port, `is not allowed; allowed: ${allowed}`);
  }
}

function isWithin(port: number, range: number | string): boolean {
  const [first = NaN, last = first] = String(range).split('-').map(Number);
  return first <= port && port <= last;
}

/** The node itself calls these, from its own network. */
function calledHosts(path: string, { livenessProbe, readinessProbe, startupProbe, lifecycle }: V1Container) {
  const handlers = {
    livenessProbe,
    readinessProbe,
    startupProbe,
    'lifecycle.postStart': lifecycle?.postStart,
    'lifecycle.preStop': lifecycle?.preStop,
  };
  return Object.entries(handlers).flatMap(([name, handler]) =>
    (['httpGet', 'tcpSocket'] as const).flatMap((kind) => {
      const host = handler?.[kind]?.host;
      return host ? [[`${path}.${name}.${kind}.host`, host] as const] : [];
    }),
  );
}
