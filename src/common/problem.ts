import { messageOf } from './message-of.ts';

/** What went wrong, said once, to a person: which thing, and what to do. The exit code says whose turn it is. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** 2: the call is wrong. 3: something outside does not answer or does not allow it. */
  readonly exitCode: 2 | 3;

  constructor(message: string, exitCode: 2 | 3 = 3, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

export const usage = (message: string): Problem => new Problem(message, 2);

export const infrastructure = (message: string, cause?: unknown): Problem => new Problem(message, 3, cause);

const LINGER_MS = 3_000;

/** Runs a program: its number is the exit code. One message on failure; the stack trace only with `--debug`. */
export async function main(program: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await program();
  } catch (error) {
    process.exitCode = reportFailure(error, process.argv);
    // What hangs, as a file system can, must not hold up the end.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

/** Says on stderr why a program failed; its exit code. */
export function reportFailure(error: unknown, argv: readonly string[]): number {
  console.error(argv.includes('--debug') ? error : `temporal-pods: ${messageOf(error)}`);
  return error instanceof Problem ? error.exitCode : isBadOption(error) ? 2 : 3;
}

/** Thrown by `parseArgs` of node:util. */
const isBadOption = (error: unknown): boolean =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
