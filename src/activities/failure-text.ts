/** What happened and what to do, for each ending, in the words of somebody who was woken by it. Pure. */
import type { OutcomeKind, PodOutcome } from '../contract/index.ts';

export const whatHappened = (outcome: PodOutcome): string => HAPPENED[outcome.kind](outcome);

/** Before the words of the API server, when a time was up and it did not tell how the pod stood. */
export const UNANSWERED = ', and the API server did not tell how it stood: ';

export function whatToDo(outcome: PodOutcome): string {
  if (outcome.message?.includes(UNANSWERED))
    return 'see why the API server did not answer (network, credentials, permissions); what the program did meanwhile is not known';
  const hint = TO_DO[outcome.kind];
  return typeof hint === 'string' ? hint : hint(outcome);
}

const because = ({ reason }: PodOutcome) => (reason ? ` (${reason})` : '');
const code = ({ exitCode }: PodOutcome) => (exitCode === undefined ? 'an unknown exit code' : `exit code ${exitCode}`);
const itsContainer = ({ container }: PodOutcome) => (container === undefined ? 'it' : `container ${container}`);
const init = ({ container }: PodOutcome) => `init container ${container ?? '?'}`;

const HAPPENED: Record<OutcomeKind, (outcome: PodOutcome) => string> = {
  Succeeded: () => 'succeeded',
  Skipped: (one) => `was skipped with ${code(one)}`,
  ContainerFailed: (one) => {
    if (one.reason === 'Evicted')
      return `was evicted by its node, since it used more than a limit of its own (${code(one)})`;
    if (one.reason === 'FailedPostStartHook')
      return `was stopped by its node since its postStart hook failed (${code(one)})`;
    if (one.reason === 'Unhealthy') return `was stopped by its node since a probe failed (${code(one)})`;
    return one.exitCode === 0
      ? 'ended with exit code 0, which is no success here'
      : `ended with ${code(one)}${because(one)}`;
  },
  OOMKilled: (one) => `${itsContainer(one)} was killed for memory (OOMKilled, ${code(one)})`,
  ContainerCannotRun: (one) =>
    `the command of ${one.container ? init(one) : 'its main container'} cannot be run (${one.reason ?? 'unknown'}, ${code(one)})`,
  InitContainerFailed: (one) => `${init(one)} ended with ${code(one)}${because(one)}`,
  InvalidImage: (one) => `the image of ${itsContainer(one)} cannot be used${because(one)}`,
  ImagePullFailed: (one) => `the image of ${itsContainer(one)} cannot be pulled${because(one)}`,
  ContainerConfigError: (one) => `${itsContainer(one)} cannot be created${because(one)}`,
  PodRejected: (one) => `its node refused it before anything ran${because(one)}`,
  PodDisrupted: (one) => `${DISRUPTION[one.reason ?? ''] ?? 'was taken down by the cluster'}${because(one)}`,
  OutcomeUnknown: (one) => `ended with ${code(one)}, and whether its node had stopped it is unknown`,
  NodeLost: (one) => `its node is silent${because(one)}`,
  PodDeleted: (one) =>
    one.reason === 'Gone'
      ? 'is gone, deleted by somebody else before its outcome was known'
      : 'was deleted by somebody else before it ended',
  QuotaExceeded: () => 'no quota let it be created in time',
  ScheduleTimeout: (one) =>
    one.reason === 'NotCreated' ? 'was not created in time' : `got no node in time${because(one)}`,
  StartTimeout: (one) => `did not start in time${because(one)}`,
  InitTimeout: (one) => `${init(one)} did not end in time`,
  DeadlineExceeded: (one) => `ran out of time${because(one)}`,
  ResultInvalid: () => 'ended well, but its result is not as it should be',
  ResultMissing: () => 'ended well, but left no result',
  ResultTooLarge: () => 'ended well, but its result is too long',
};

const SHUTDOWN = 'was stopped by the shutdown of its node';
const EVICTED = 'was evicted by its node';
/** By the pod's reason, or that of its condition `DisruptionTarget`. */
const LOST = 'was lost when its node or its runtime was restarted; how it ended nobody knows';
const DISRUPTION: Record<string, string> = {
  Restarted: 'was started a second time by its node',
  Evicted: EVICTED,
  TerminationByKubelet: EVICTED,
  Killing: 'was stopped by its node',
  Preempting: 'had to give way to a critical pod on its node',
  PreemptionByScheduler: 'was preempted by a pod of a higher priority',
  EvictionByEvictionAPI: 'was evicted through the API, as a drain or an autoscaler does',
  DeletionByTaintManager: 'was evicted by a taint of its node',
  DeletionByPodGC: 'was removed after its node',
  NodeShutdown: SHUTDOWN,
  Shutdown: SHUTDOWN,
  Terminated: SHUTDOWN,
  UnexpectedNodeShutdown: SHUTDOWN,
  ContainerStatusUnknown: LOST,
  Unknown: LOST,
  Paused: 'was taken down since its task was paused',
};

const halfDone = ({ startedEver }: PodOutcome) =>
  startedEver
    ? 'its work may be half done: set idempotent if it may be repeated at any point, or retries'
    : 'nothing ran: it is safe to try again';

const TO_DO: Record<OutcomeKind, string | ((outcome: PodOutcome) => string)> = {
  Succeeded: 'nothing',
  Skipped: 'nothing',
  ContainerFailed: ({ exitCode = 1, reason }) =>
    OWN_FAULTS[reason ?? ''] ?? SIGNALS[exitCode] ?? 'read what it said last',
  OOMKilled: ({ exitCode, container }) =>
    `raise the memory limit${container ? ` of ${container}` : ' (resources.limits.memory)'}, or let it use less` +
    (exitCode === 0 ? '; it ended with 0, but a process of it was killed' : ''),
  ContainerCannotRun: 'check command and args, and that the image has this program for this kind of machine',
  InitContainerFailed: 'read what that init container said last',
  InvalidImage: 'check the spelling of the image, and its pull policy',
  ImagePullFailed: 'check that image and tag exist, that the pull secret is right, and that the registry answers',
  ContainerConfigError: 'check the Secrets, ConfigMaps, mounts and security settings it refers to',
  PodRejected: 'nothing ran: it is safe to try again',
  PodDisrupted: halfDone,
  OutcomeUnknown: () =>
    'look at what it did; the worker needs get and list of events, and an API server that answers; set idempotent if it may be repeated at any point, or retries',
  NodeLost: ({ startedEver }) =>
    startedEver
      ? 'see whether its node comes back; if it is gone for good, kubectl delete node: until then the work may go on there'
      : 'see whether its node comes back, or kubectl delete node; nothing ran',
  PodDeleted: ({ startedEver }) =>
    `find out who deleted it; ${startedEver ? 'its work may be half done' : 'nothing ran, it is safe to try again'}`,
  QuotaExceeded: 'wait for other pods, ask for a higher quota or for less, or raise timeouts.schedule',
  ScheduleTimeout: ({ reason = '' }) =>
    `${UNSCHEDULED[reason] ?? 'see what no node has (resources, labels, tolerated taints)'}, or raise timeouts.schedule`,
  StartTimeout: ({ reason = '' }) =>
    `${UNSTARTED[reason] ?? 'see why it waits (image, volumes, network)'}, or raise timeouts.start`,
  InitTimeout: 'read what that init container said last, or raise timeouts.init',
  DeadlineExceeded: ({ reason, startedEver }) =>
    `${startedEver ? 'make the work shorter' : 'see why it did not start'}, or raise ${LIMIT[reason ?? ''] ?? 'the activeDeadlineSeconds of the pod'}`,
  ResultInvalid: 'let the program write JSON that fits result.schema, or change the schema',
  ResultMissing: ({ message }) =>
    `let the program write one, or set result.required to false${message ? '; if it did write one, see above why it was not found' : ''}`,
  ResultTooLarge: 'write it where it belongs, and return its address',
};

const UNSCHEDULED: Record<string, string> = {
  NotCreated: 'see why it could not be created',
  NotScheduled: 'see whether its scheduler runs (schedulerName)',
  SchedulingGated:
    'see who is to open the gate that it waits behind (a queue of the cluster, as Kueue), and why it did not',
};

const VOLUMES = 'check that the Secrets, ConfigMaps and claims of its volumes are there, with the keys that it names';
const SIDECAR = 'read what the sidecar said last, and see its startup probe';
const UNSTARTED: Record<string, string> = {
  FailedMount: VOLUMES,
  FailedAttachVolume: VOLUMES,
  FailedMapVolume: VOLUMES,
  FailedCreatePodSandBox:
    'see what its node lacks to begin: the network of the cluster, the runtime class, or memory (limits.memory may be too low for any program)',
  SidecarNotStarted: SIDECAR,
  CrashLoopBackOff: SIDECAR,
};

const LIMIT: Record<string, string> = { RunTimeout: 'timeouts.run', TotalTimeout: 'timeouts.total' };

const OWN_FAULTS: Record<string, string> = {
  Unhealthy: 'see why, or give the probe more time',
  FailedPostStartHook: 'see why the hook failed',
  Evicted: 'raise the limit of the volume or of ephemeral-storage, or let it write less',
};

const SIGNALS: Record<number, string> = {
  126: 'the program ran a command that may not be executed: read what it said last',
  127: 'the program ran a command that does not exist: read what it said last',
  0: 'add 0 to exitCodes.success, if it is one',
  134: 'it aborted (SIGABRT): read what it said last',
  137: 'it was killed (SIGKILL), and not for its own memory limit: by its node for want of memory, or from inside',
  139: 'it crashed (SIGSEGV): read what it said last',
  143: 'it was told to stop (SIGTERM), and nobody stopped the pod: look for the sender inside',
};
