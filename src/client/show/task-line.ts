/** What a line says of one task. Pure. */
import type { GraphNode, MappedItems } from '../../contract/index.ts';
import type { RunNode, RunPod } from '../run-graph/types.ts';
import { keptText } from '../states.ts';
import { hasEnded } from '../task-state.ts';
import { lengthText, momentText } from '../time-text.ts';
import type { Pausing } from '../run-graph/dag-events.ts';

export interface Told {
  /** Of this task, in their order. */
  readonly pods: readonly RunPod[];
  /** What it waits for besides the task it stands under. */
  readonly also?: readonly string[];
}

/** How it stands; the same as long as nothing happens. */
export function stateWords({ state, heldUntil }: GraphNode): string {
  switch (state) {
    case 'held':
      return heldUntil === undefined ? 'held' : `held until ${momentText(heldUntil)}`;
    case 'queued':
      return 'waits for a slot';
    case 'upstream':
      return 'failed upstream';
    default:
      return state;
  }
}

/** How long it has taken, or takes so far; nothing when it has not begun. */
export function tookText({ startedAt, endedAt, state }: GraphNode, now: number): string {
  if (startedAt === undefined || state === 'reused') return '';
  const until = endedAt ?? (hasEnded(state) ? undefined : now);
  return until === undefined ? '' : lengthText(Math.max(0, until - startedAt));
}

/** Everything else worth a word. */
export function noteOf(node: RunNode, { pods, also = [] }: Told): string {
  const { state, tries, error, changed, mapped, pausing } = node;
  const last = pods.at(-1);
  const notes = [
    mapped && mappedText(mapped),
    tries > 1 && `${tries} pods`,
    last?.end?.skipped && 'by its own word',
    state === 'running' && runningText(pods),
    pausing && `${PAUSES[pausing.why]} ${momentText(pausing.until)}`,
    // Of one that failed upstream it is the failure of another.
    error !== undefined && state !== 'done' && state !== 'upstream' && whatHappened(firstLine(error)),
    changed && `changed: ${Object.keys(changed).join(', ')}`,
    last?.end && keptText(last.end),
    isLeft(last) && 'its pod may still be there',
    also.length > 0 && !hasEnded(state) && `also waits for ${namesText(also)}`,
    also.length > 0 && hasEnded(state) && `also after ${namesText(also)}`,
  ];
  return notes.filter(Boolean).join('; ');
}

const PAUSES: Readonly<Record<Pausing, string>> = {
  nextTry: 'the next try is at',
  keptForDebug: 'its failed pod is kept for debugging until',
};

/** Of those that are under way what one of them does. */
function runningText(pods: readonly RunPod[]): string | undefined {
  const open = pods.filter(({ end }) => !end);
  const told = open.find(({ now }) => now !== undefined)?.now;
  return open.length > 1 ? `${open.length} pods at once${told ? `, one is ${told}` : ''}` : told;
}

export const mappedText = ({ items, done, failed, running }: MappedItems): string =>
  [`${done} of ${items} items done`, failed > 0 && `${failed} failed`, running > 0 && `${running} running`]
    .filter(Boolean)
    .join(', ');

const isLeft = (pod: RunPod | undefined): boolean =>
  pod?.end?.cleanup !== undefined && !pod.end.cleanup.gone && pod.end.cleanup.kept === undefined;

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Without which pod it was: a line is short, and what happened stands behind it. */
const whatHappened = (text: string): string => text.replace(/^(\w+: )?pod \S+( on node \S+)?: /, '$1');
