/**
 * Where words go: data (log lines, the result) to stdout, progress to stderr; with `-o json` stdout holds one document and nothing
 * else. What comes from a pod reaches a terminal only without its escape sequences.
 */
import { styleText } from 'node:util';
import { levelOf } from '../../logs/lines.ts';
import { sanitise } from '../../logs/sanitise.ts';
import { jsonText, leaveWithReader, nameText } from './stdout.ts';

export type Format = 'text' | 'json';

export interface Output {
  /** A line of a container's log. */
  log(label: string, line: Uint8Array): void;
  /** A word about the log itself, at its place in it. */
  gap(label: string, text: string): void;
  /** Progress. */
  say(text: string): void;
  /** Progress of one task. */
  state(task: string, text: string): void;
  /** The end: the result, or the failure. */
  result(value: unknown): void;
  failure(text: string, document: unknown): void;
  /** For `start`: what there is to know. */
  started(run: { workflowId: string; runId: string; url?: string | undefined }): void;
}

/** What a reader looks for among many lines; the other levels are the ordinary case. */
const LEVEL_COLOURS = { error: 'red', warn: 'yellow', info: undefined, debug: 'dim' } as const;

const COLOURS = ['cyan', 'yellow', 'magenta', 'green', 'blue'] as const;

/** @param prefixed whether a log line begins with its label */
export function createOutput(format: Format, { stdout, stderr } = process, { prefixed = true } = {}): Output {
  leaveWithReader(stdout);
  const lines = format === 'json' ? stderr : stdout;
  const label = labels();
  const safe = (text: string | Uint8Array, stream: NodeJS.WriteStream) => (stream.isTTY ? sanitise(text) : text);
  const prefix = (name: string) => {
    if (!prefixed) return '';
    const { text, index } = label(nameText(name));
    return `${styleText(COLOURS[index % COLOURS.length] ?? 'cyan', `${text} │`, { stream: lines })} `;
  };
  const say = (text: string) => void stderr.write(`${styleText('dim', sanitise(text), { stream: stderr })}\n`);
  return {
    log(name, line) {
      const head = Buffer.from(prefix(name));
      const text = lines.isTTY ? coloured(sanitise(line), lines) : line;
      lines.write(Buffer.concat([head, Buffer.from(text), Buffer.from('\n')]));
    },
    gap(name, text) {
      // Without labels the lines are taken for the log itself, so nothing else may stand among them.
      if (!prefixed) return say(`${name}: ${text}`);
      lines.write(`${prefix(name)}${styleText('red', `── ${sanitise(text)} ──`, { stream: lines })}\n`);
    },
    say,
    state: (task, text) => say(`${task}: ${text}`),
    result(value) {
      const text = format === 'text' && typeof value === 'string' ? value : jsonText(value);
      stdout.write(`${String(safe(text, stdout))}\n`);
    },
    started: ({ workflowId, runId, url }) =>
      void stdout.write(`${format === 'json' ? jsonText({ workflowId, runId, url }) : nameText(workflowId)}\n`),
    failure(text, document) {
      if (format === 'json') stdout.write(`${jsonText(document)}\n`);
      else stdout.write(`${String(safe(text, stdout))}\n`);
    },
  };
}

function coloured(line: string, stream: NodeJS.WriteStream): string {
  const level = levelOf(line);
  const colour = level && LEVEL_COLOURS[level];
  return colour ? styleText(colour, line, { stream }) : line;
}

/** A longer name moves its own lines only. */
const WIDEST = 32;

/** Of a name: the name as wide as the widest so far, and its number in the order of appearance. */
export function labels(): (name: string) => { text: string; index: number } {
  const known = new Map<string, number>();
  let width = 0;
  return (name) => {
    if (!known.has(name)) {
      known.set(name, known.size);
      if (name.length <= WIDEST) width = Math.max(width, name.length);
    }
    return { text: name.padEnd(width), index: known.get(name) ?? 0 };
  };
}
