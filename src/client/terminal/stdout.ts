/** Data goes to stdout. What comes from a run is text: it is printed without its escape sequences, those of our own colours stay. */
import { reportFailure } from '../../common/problem.ts';
import { sanitise } from '../../logs/sanitise.ts';

export function printData(text: string, stdout: NodeJS.WriteStream = process.stdout): void {
  leaveWithReader(stdout);
  stdout.write(`${withColours(text)}\n`);
}

export const printJson = (value: unknown, stdout: NodeJS.WriteStream = process.stdout): void =>
  printData(jsonText(value), stdout);

/** A document as it was, in characters that no terminal obeys: JSON itself leaves some of those as they are. */
export const jsonText = (value: unknown, indent = 2): string =>
  JSON.stringify(value ?? null, null, indent).replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const withColours = (text: string): string =>
  text
    .split(/(\x1b\[[\d;]*m)/)
    .map((part, at) => (at % 2 === 1 ? part : sanitise(part)))
    .join('');

/** A name as it is, but for what is no text: its spaces stay, and it is one line. */
export const nameText = (name: string): string => sanitise(name).replaceAll('\n', '␊').replaceAll('\t', '␉');

export const isText = (name: string): boolean => nameText(name) === name;

/** One line, whatever it holds. */
export const oneLine = (text: string): string => sanitise(text).replace(/\s+/g, ' ').trim();

const heard = new WeakSet<NodeJS.WriteStream>();

/** `client logs … | head`: the reader has gone, so the client goes; the run goes on. */
export function leaveWithReader(stream: NodeJS.WriteStream): void {
  if (heard.has(stream)) return;
  heard.add(stream);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    console.error(`temporal-pods: stdout cannot be written: ${error.message}`);
    process.exit(3);
  });
}

/** Of an error that nothing caught. Of itself Node would end with 1, and that says that a run failed. */
export function endAfterCrash(error: unknown): void {
  reportFailure(error, process.argv);
  process.exit(3);
}
