/** Long work says what it does and how long it may still take. Text is pure; the ticker only prints it. */

export type Step = {
  name: string;
  /** What it took, in seconds, on the two-core machine where it was measured. */ weight: number;
};

export function minutes(seconds: number): string {
  if (seconds < 45) return 'less than a minute';
  const whole = Math.max(1, Math.round(seconds / 60));
  return `about ${whole} min`;
}

/**
 * `building kubelet (3 of 7), about 4 min left`. The pace of the finished steps corrects the estimate, since machines differ;
 * a step that takes longer than its share is taken to be nearly done.
 */
export function progressText(
  verb: string,
  steps: readonly Step[],
  index: number,
  finishedIn: number,
  inStep: number,
): string {
  const sum = (part: readonly Step[]): number => part.reduce((total, step) => total + step.weight, 0);
  const done = sum(steps.slice(0, index));
  const pace = done > 0 ? finishedIn / done : 1;
  const current = steps[index];
  const left = Math.max((current?.weight ?? 0) * pace - inStep, 5) + sum(steps.slice(index + 1)) * pace;
  return `${verb} ${current?.name ?? ''} (${index + 1} of ${steps.length}), ${minutes(left)} left`;
}

/** What happens, to a person. A passing line may be overwritten by the next one. */
export type Say = (line: string, passing?: boolean) => void;

const isTerminal = process.stderr.isTTY === true;

/** Standard error. On a terminal, passing lines take one another's place; in a log, each is a line. */
export const toStandardError: Say = (line, passing = false) => {
  process.stderr.write(isTerminal ? `\r\u001b[2K${line}${passing ? '' : '\n'}` : `${line}\n`);
};

/** Says a passing line at once and then again and again. Returns what ends it. */
export function ticker(say: Say, text: () => string): () => void {
  say(text(), true);
  const timer = setInterval(() => say(text(), true), isTerminal ? 1_000 : 10_000);
  return () => clearInterval(timer);
}
