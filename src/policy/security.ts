/**
 * What of the kernel a container may use (the fields that Pod Security `baseline` judges, and root), and what of the node a pod may
 * share: its network, processes, ports and users.
 */
import type { V1Pod, V1PodSecurityContext, V1SecurityContext, V1Container } from '@kubernetes/client-node';
import { containersOf, placed } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { fault, mustBeAllowed, mustBeOneOf, entries, textOf } from './verdict.ts';

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export function* securityFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  const whole = pod.spec?.securityContext ?? {};
  yield* sharedFaults(rules, 'spec.securityContext', whole);
  for (const { path, item } of placed('spec.securityContext.sysctls', whole.sysctls))
    yield* mustBeOneOf('sysctls', `${path}.name`, textOf(item.name), rules.sysctls);
  for (const { path, item } of containersOf(pod.spec)) {
    const own = item.securityContext ?? {};
    const at = `${path}.securityContext`;
    yield* sharedFaults(rules, at, own);
    yield* containerFaults(rules, at, own);
    if (!rules.runAsRoot) yield* rootFaults(at, own, whole);
    // A profile that neither says is the node's default: a list without '' does not allow it.
    for (const [rule, field] of PROFILES)
      if (!own[field] && !whole[field]) yield* mustBeOneOf(rule, `${at}.${field}.type`, '', rules[rule]);
  }
  for (const [key, value] of entries(pod.metadata?.annotations))
    if (key.startsWith(APP_ARMOR_ANNOTATION))
      yield* mustBeOneOf('appArmorProfiles', `metadata.annotations.${key}`, profileType(value), rules.appArmorProfiles);
}

const PROFILES = [
  ['seccompProfiles', 'seccompProfile'],
  ['appArmorProfiles', 'appArmorProfile'],
] as const;

/** What both the pod and a container can say. */
function* sharedFaults(rules: Rules, at: string, context: V1PodSecurityContext | V1SecurityContext): Iterable<string> {
  for (const [rule, field] of PROFILES)
    if (context[field]) yield* mustBeOneOf(rule, `${at}.${field}.type`, textOf(context[field].type), rules[rule]);
  const { seLinuxOptions: seLinux, windowsOptions: windows } = context;
  if (seLinux) yield* seLinuxFaults(rules, `${at}.seLinuxOptions`, seLinux);
  if (windows?.hostProcess)
    yield* mustBeAllowed('privileged', `${at}.windowsOptions.hostProcess`, true, rules.privileged);
}

function* containerFaults(rules: Rules, at: string, context: V1SecurityContext): Iterable<string> {
  const { privileged, allowPrivilegeEscalation: escalation, procMount, capabilities } = context;
  if (privileged) yield* mustBeAllowed('privileged', `${at}.privileged`, privileged, rules.privileged);
  // Kubernetes takes an absent one for true.
  if (!rules.privilegeEscalation && escalation !== false)
    yield fault('privilegeEscalation', `${at}.allowPrivilegeEscalation`, escalation, 'must be false');
  if (procMount) yield* mustBeOneOf('procMounts', `${at}.procMount`, procMount, rules.procMounts);
  const allowed = rules.capabilities.map(capability);
  for (const [n, name] of (Array.isArray(capabilities?.add) ? capabilities.add : []).entries())
    if (!allowed.includes('ALL'))
      yield* mustBeOneOf('capabilities', `${at}.capabilities.add[${n}]`, capability(String(name)), allowed);
}

/** The container's word wins over the pod's; without a user the image decides, and the kubelet checks `runAsNonRoot`. */
function* rootFaults(at: string, own: V1SecurityContext, whole: V1PodSecurityContext): Iterable<string> {
  const user = own.runAsUser ?? whole.runAsUser ?? undefined;
  const nonRoot = own.runAsNonRoot ?? whole.runAsNonRoot ?? undefined;
  if (user === 0) yield fault('runAsRoot', `${at}.runAsUser`, user, 'is root: it must be another user');
  else if (user === undefined && nonRoot !== true)
    yield fault('runAsRoot', `${at}.runAsNonRoot`, nonRoot, 'must be true, or runAsUser be set');
}

function* seLinuxFaults(
  { seLinuxTypes }: Rules,
  at: string,
  options: NonNullable<V1SecurityContext['seLinuxOptions']>,
): Iterable<string> {
  yield* mustBeOneOf('seLinuxTypes', `${at}.type`, textOf(options.type), seLinuxTypes);
  for (const field of ['user', 'role'] as const)
    if (options[field] && !seLinuxTypes.includes('*'))
      yield fault('seLinuxTypes', `${at}.${field}`, options[field], "is not allowed; it needs seLinuxTypes: ['*']");
}

/** `cap_sys_admin` and `CAP_SYS_ADMIN` are SYS_ADMIN to a container runtime. */
const capability = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');

/** The old annotation's words for the profile types. */
function profileType(value: unknown): string {
  const text = textOf(value);
  if (text === 'runtime/default' || text === '') return 'RuntimeDefault';
  return text.startsWith('localhost/') ? 'Localhost' : text === 'unconfined' ? 'Unconfined' : text;
}

export function* hostFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const)
    if (pod.spec?.[field]) yield* mustBeAllowed(field, `spec.${field}`, pod.spec[field], rules[field]);
  if (rules.requireUserNamespace && pod.spec?.hostUsers !== false)
    yield fault('requireUserNamespace', 'spec.hostUsers', pod.spec?.hostUsers, 'must be false');
  for (const { path, item } of containersOf(pod.spec)) {
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
