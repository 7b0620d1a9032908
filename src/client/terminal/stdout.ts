/** Data goes to stdout. What comes from a pod reaches a terminal only without its escape sequences. */
import { reportFailure } from '../../common/problem.ts';
import { sanitise } from '../../logs/index.ts';

export function printData(text: string, stdout: NodeJS.WriteStream = process.stdout): void {
  leaveWithReader(stdout);
  stdout.write(`${text}\n`);
}

export const printJson = (value: unknown): void => printData(JSON.stringify(value, null, 2));

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
