/** The timers of tasks. Each has its task and its kind as its summary, so that people and the client read in a history what it waits for. */

const WORDS = {
  /** It failed, and waits for a decision. */
  held: 'held',
  /** Its pod failed, and is kept to be looked at (`keepForDebug`). */
  keptForDebug: 'kept for debugging',
  nextTry: 'before the next try',
} as const;

export type TimerKind = keyof typeof WORDS;

export interface TaskTimer {
  readonly kind: TimerKind;
  readonly task: string;
}

const KINDS = new Map(Object.entries(WORDS).map(([kind, words]) => [words as string, kind as TimerKind]));

export const timerSummary = ({ kind, task }: TaskTimer): string => `${task}: ${WORDS[kind]}`;

/** Undefined for the summary of any other timer, as an author's own. */
export function readTimer(summary: string): TaskTimer | undefined {
  // No task's name has a colon in it.
  const at = summary.indexOf(': ');
  const kind = KINDS.get(summary.slice(at + 2));
  return at > 0 && kind ? { kind, task: summary.slice(0, at) } : undefined;
}
