/**
 * outcome → failure. The one place where an ending becomes a Temporal failure: `type` is stable and can be asked for in code,
 * the message is for the person who reads it at 3 a.m.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Cleanup, OutcomeKind, PodFailureDetails, PodOutcome } from '../types.ts';
import { sanitise } from './logs/index.ts';

type Facts = Omit<PodFailureDetails, 'kind' | 'startedEver'>;

/** Never retried by Temporal: whether to try again is decided in workflow code, where each try is a new pod. */
export function podFailure(outcome: PodOutcome, facts: Facts = {}): ApplicationFailure {
  const details: PodFailureDetails = { ...outcome, ...facts };
  return ApplicationFailure.create({
    type: outcome.kind,
    message: failureMessage(outcome, facts),
    nonRetryable: true,
    details: [details],
  });
}

/** A failure before there was a pod: the request itself is wrong or not allowed. */
export function failNow(type: string, message: string, cleanup?: Cleanup): ApplicationFailure {
  const details: PodFailureDetails = { kind: type, startedEver: false, message, ...(cleanup && { cleanup }) };
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
}

export function failureMessage(outcome: PodOutcome, { pod, node, events, logs }: Facts): string {
  const where = pod ? `pod ${pod.namespace}/${pod.name}${node ? ` on node ${node}` : ''}` : 'the pod';
  const trouble = (events ?? []).filter(({ type }) => type === 'Warning').slice(-3);
  return [
    `${where}: ${whatHappened(outcome)}`,
    outcome.message && `  says: ${outcome.message.trim().slice(0, 1000)}`,
    `  to do: ${whatToDo(outcome)}`,
    ...trouble.map(({ reason, message, count }) => `  event: ${reason}${count > 1 ? ` (${count}×)` : ''}: ${message}`),
    logs?.tail && `  last lines:\n${lastLines(sanitise(logs.tail), 10)}`,
    logs?.uri && `  whole log: ${logs.uri}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function whatHappened({ kind, reason, exitCode, container }: PodOutcome): string {
  const why = reason ? ` (${reason})` : '';
  const code = exitCode === undefined ? '' : `exit code ${exitCode}`;
  switch (kind) {
    case 'Succeeded':
      return 'succeeded';
    case 'Skipped':
      return 'was skipped';
    case 'NodeLost':
      return `its node is silent${why}`;
    case 'QuotaExceeded':
      return 'was not let in by the quota in time';
    case 'ScheduleTimeout':
      return `got no node in time${why}`;
    case 'InitTimeout':
      return `init container ${container ?? '?'} did not end in time`;
    case 'ResultMissing':
      return 'ended well, but left no result';
    case 'ResultTooLarge':
      return 'ended well, but its result is too long';
    case 'ContainerFailed':
      return `ended with ${code}${why}`;
    case 'OOMKilled':
      return `was killed for using more memory than its limit (OOMKilled, ${code})`;
    case 'ContainerCannotRun':
      return `its command cannot be run (${reason ?? 'unknown'}, ${code})`;
    case 'InitContainerFailed':
      return `init container ${container ?? '?'} ended with ${code}${why}`;
    case 'InvalidImage':
      return `container ${container ?? '?'} has an image that cannot be used${why}`;
    case 'ImagePullFailed':
      return `the image of container ${container ?? '?'} cannot be pulled${why}`;
    case 'ContainerConfigError':
      return `container ${container ?? '?'} cannot be created${why}`;
    case 'PodRejected':
      return `its node refused it before anything ran${why}`;
    case 'PodDisrupted':
      return `was taken down by the cluster${why}`;
    case 'PodDeleted':
      return 'was deleted by somebody else before its outcome was known';
    case 'StartTimeout':
      return `did not start in time${why}`;
    case 'DeadlineExceeded':
      return `ran out of time${why}`;
    case 'ResultInvalid':
      return 'ended well, but its result is not as it should be';
  }
}

function whatToDo({ kind, startedEver }: PodOutcome): string {
  const hints: Record<OutcomeKind, string> = {
    Succeeded: 'nothing',
    Skipped: 'nothing',
    NodeLost: 'see whether its node comes back; its work may still go on there',
    QuotaExceeded: 'raise the quota, or timeouts.schedule',
    ScheduleTimeout: 'see why it waits, or raise timeouts.schedule',
    InitTimeout: 'read the log of that init container, or raise timeouts.init',
    ResultMissing: 'let the program write its result, or set result.required to false',
    ResultTooLarge: 'write it where it belongs, and return its address',
    ContainerFailed: 'read what it said last',
    OOMKilled: 'raise resources.limits.memory, or let the program use less',
    ContainerCannotRun: 'check command and args, and that the image has this program',
    InitContainerFailed: 'read the log of that init container',
    InvalidImage: 'check the spelling of image, and its pull policy',
    ImagePullFailed: 'check that image and tag exist and that the pull secret is right',
    ContainerConfigError: 'check the Secrets, ConfigMaps, mounts and security settings it refers to',
    PodRejected: 'nothing ran: it is safe to try again',
    PodDisrupted: startedEver
      ? 'its work may be half done: try again if it can be repeated'
      : 'nothing ran: it is safe to try again',
    PodDeleted: startedEver
      ? 'find out who deleted it; its work may be half done'
      : 'find out who deleted it; nothing ran',
    StartTimeout: 'see why it waits (node resources, taints, image, volumes), or raise timeouts.start',
    DeadlineExceeded: 'raise the timeout, or make the work shorter',
    ResultInvalid: 'let the program write JSON that fits result.schema, or change the schema',
  };
  return hints[kind];
}

const lastLines = (tail: string, count: number) =>
  tail
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');
