/**
 * outcome → failure. The one place where an ending becomes a Temporal failure: `type` is stable and can be asked for in code,
 * the message is for the person who reads it at 3 a.m.
 */
import { ApplicationFailure } from '@temporalio/common';
import {
  type Cleanup,
  keptLine,
  type LogSummary,
  type PodEvent,
  type PodFailureDetails,
  type PodOutcome,
} from '../contract/index.ts';
import { whatHappened, whatToDo } from './failure-text.ts';
import { defined, type Loose } from '../common/defined.ts';
import { shortened } from '../common/shortened.ts';
import { sanitise } from '../logs/index.ts';

type Facts = Loose<Omit<PodFailureDetails, 'kind' | 'startedEver'>>;

/** Of each: what is more is in the details, or in the log. */
const MOST = { saidLines: 6, saidChars: 1000, events: 3, problems: 3, lastLines: 10, lineChars: 400 };

/** Never retried by Temporal: whether to try again is decided in workflow code, where each try is a new pod. */
export function podFailure(outcome: PodOutcome, facts: Facts = {}): ApplicationFailure {
  const details = defined<PodFailureDetails>({ ...outcome, ...facts });
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

/** At most 29 lines, in the order in which they are needed. */
export function failureMessage(outcome: PodOutcome, { pod, node, events, problems, logs, cleanup }: Facts): string {
  const where = pod ? `pod ${pod.namespace}/${pod.name}${node ? ` on node ${node}` : ''}` : 'the pod';
  const trouble = merged((events ?? []).filter((event) => event.type === 'Warning' && addsTo(outcome, event)));
  return [
    `${where}: ${whatHappened(outcome)}`,
    outcome.message?.trim() && `  says: ${said(outcome.message)}`,
    `  to do: ${whatToDo(outcome)}`,
    ...trouble
      .slice(-MOST.events)
      .map(({ reason, message, count }) => `  event: ${reason}${count > 1 ? ` (${count}×)` : ''}: ${oneLine(message)}`),
    ...alsoSaid(problems),
    ...lastWords(logs, outcome.container),
    cleanup?.over && `  also: ${cleanup.error}`,
    keptLine(pod, cleanup),
  ]
    .filter(Boolean)
    .join('\n');
}

function alsoSaid(problems: readonly string[] = []): string[] {
  const more = problems.length - MOST.problems;
  const told = problems.slice(0, MOST.problems).map(oneLine);
  return [...told, ...(more > 0 ? [`${more} more, in the details`] : [])].map((problem) => `  also: ${problem}`);
}

/** Most events say once more what the status says: in the same words, or as the bare reason. */
function addsTo({ message = '' }: PodOutcome, event: PodEvent): boolean {
  const [told, again] = [message.trim(), event.message.trim()];
  return !told || !(told.includes(again) || again.includes(told) || /^Error: \w+$/.test(again));
}

/** The same event of another sandbox, container or image is no news. */
function merged(events: PodEvent[]): PodEvent[] {
  const kinds = Map.groupBy(events, ({ reason, message }) => `${reason} ${message.replaceAll(ID, '')}`);
  return [...kinds.values()].map((same) => ({
    ...(same.at(-1) as PodEvent),
    count: same.reduce((sum, { count }) => sum + count, 0),
  }));
}

/** UUIDs, and hexadecimal words that have a digit. */
const ID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|\b(?=[a-f]*\d)[\da-f]{8,}\b/gi;

function said(message: string): string {
  const lines = sanitise(shortened(message.trim(), MOST.saidChars)).split('\n');
  const first = Math.floor(MOST.saidLines / 2) - 1;
  return indented(
    lines.length > MOST.saidLines ? [...lines.slice(0, first), '…', ...lines.slice(first + 1 - MOST.saidLines)] : lines,
  ).trimStart();
}

const oneLine = (text: string) => sanitise(text.trim()).replaceAll(/\s*\n\s*/g, ' ');

function lastWords(logs: LogSummary | undefined, container: string | undefined): (string | false)[] {
  if (!logs?.uri) return [];
  const lines = sanitise(logs.tail).trimEnd().split('\n').slice(-MOST.lastLines);
  const of = container ? ` of ${container}` : '';
  return [logs.tail !== '' && `  last lines${of}:\n${indented(lines)}`, `  whole log: ${logs.uri}`];
}

const indented = (lines: string[]) => lines.map((line) => `    ${shortened(line, MOST.lineChars)}`).join('\n');
