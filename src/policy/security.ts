/**
 * What of the kernel a container may use (the fields that Pod Security `baseline` judges, and root), and what of the node a pod may
 * share: its network, processes, ports and users.
 */
import type {
  V1Pod,
  V1PodSecurityContext,
  V1SecurityContext,
  V1Container,
  V1WindowsSecurityContextOptions,
} from '@kubernetes/client-node';
import { containersOf, placed } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { allowsAll, fault, mustAllowAll, mustBeAllowed, mustBeOneOf, entries, textOf } from './verdict.ts';

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export function* securityFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  const whole = pod.spec?.securityContext ?? {};
  yield* sharedFaults(rules, 'spec.securityContext', whole);
  for (const { path, item } of placed('spec.securityContext.sysctls', whole.sysctls))
    yield* mustBeOneOf('sysctls', `${path}.name`, dotted(textOf(item.name)), rules.sysctls);
  for (const { path, item } of containersOf(pod.spec)) {
    const own = item.securityContext ?? {};
    const at = `${path}.securityContext`;
    yield* sharedFaults(rules, at, own);
    yield* containerFaults(rules, at, own);
    if (!rules.runAsRoot) yield* rootFaults(at, own, whole, pod.spec?.os?.name === 'windows');
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
  if (windows) yield* windowsFaults(rules, `${at}.windowsOptions`, windows);
}

function* windowsFaults(
  { privileged, gmsaCredentials }: Rules,
  at: string,
  { hostProcess, gmsaCredentialSpec, gmsaCredentialSpecName }: V1WindowsSecurityContextOptions,
): Iterable<string> {
  if (hostProcess) yield* mustBeAllowed('privileged', `${at}.hostProcess`, true, privileged);
  if (gmsaCredentialSpecName)
    yield* mustBeOneOf(
      'gmsaCredentials',
      `${at}.gmsaCredentialSpecName`,
      textOf(gmsaCredentialSpecName),
      gmsaCredentials,
    );
  // It is the credential itself, under no name.
  if (gmsaCredentialSpec && !gmsaCredentialSpecName)
    yield* mustAllowAll('gmsaCredentials', `${at}.gmsaCredentialSpec`, gmsaCredentialSpec, gmsaCredentials);
}

function* containerFaults(rules: Rules, at: string, context: V1SecurityContext): Iterable<string> {
  const { privileged, allowPrivilegeEscalation: escalation, procMount, capabilities } = context;
  if (privileged) yield* mustBeAllowed('privileged', `${at}.privileged`, privileged, rules.privileged);
  // Kubernetes takes an absent one for true.
  if (!rules.privilegeEscalation && escalation !== false)
    yield fault('privilegeEscalation', `${at}.allowPrivilegeEscalation`, escalation, 'must be false');
  if (procMount) yield* mustBeOneOf('procMounts', `${at}.procMount`, procMount, rules.procMounts);
  const allowed = rules.capabilities.map(capability).map((name) => (name === 'ALL' ? '*' : name));
  for (const [n, added] of (Array.isArray(capabilities?.add) ? capabilities.add : []).entries()) {
    const name = capability(String(added));
    const may = name !== 'ALL' || allowsAll(allowed);
    yield* mustBeOneOf('capabilities', `${at}.capabilities.add[${n}]`, name, allowed, may);
  }
}

/** The container's word wins over the pod's; without a user the image decides, and the kubelet checks `runAsNonRoot`. */
function* rootFaults(
  at: string,
  own: V1SecurityContext,
  whole: V1PodSecurityContext,
  isWindows: boolean,
): Iterable<string> {
  const user = own.runAsUser ?? whole.runAsUser ?? undefined;
  const nonRoot = own.runAsNonRoot ?? whole.runAsNonRoot ?? undefined;
  const account = own.windowsOptions?.runAsUserName ?? whole.windowsOptions?.runAsUserName ?? undefined;
  if (account !== undefined && ADMINISTRATOR.test(account))
    yield fault('runAsRoot', `${at}.windowsOptions.runAsUserName`, account, 'is root: it must be another user');
  // Windows reads no number.
  else if (isWindows && account === undefined && nonRoot !== true)
    yield fault('runAsRoot', `${at}.runAsNonRoot`, nonRoot, 'must be true, or windowsOptions.runAsUserName be set');
  if (isWindows) return;
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
    if (options[field]) yield* mustAllowAll('seLinuxTypes', `${at}.${field}`, options[field], seLinuxTypes);
}

/** `cap_sys_admin` and `CAP_SYS_ADMIN` are SYS_ADMIN to a container runtime. */
const capability = (name: string): string => name.toUpperCase().replace(/^(!?)CAP_/, '$1');

/** A kubelet takes `kernel/msgmax` for `kernel.msgmax`: where the first separator is a slash, the two have changed places. */
const dotted = (name: string): string =>
  /^[^./]*\//.test(name) ? name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/')) : name;

/** With or without a domain, in any case. */
const ADMINISTRATOR = /^(.*\\)?(containeradministrator|administrator|system|localsystem)$/i;

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
