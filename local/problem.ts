/** What went wrong, said once, to a person: which thing, and what to do. The exit code says whose turn it is. */
export class Problem extends Error {
  readonly exitCode: 2 | 3;

  constructor(message: string, exitCode: 2 | 3 = 3, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.exitCode = exitCode;
  }
}

export const usage = (message: string): Problem => new Problem(message, 2);

/** Runs a command of this folder: one line on failure, the stack only with --debug, exit code 0, 1, 2 or 3. */
export async function main(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const known = error instanceof Problem;
    const badOption =
      error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
    const message = error instanceof Error ? error.message : String(error);
    console.error(process.argv.includes('--debug') ? error : `temporal-pods: ${message}`);
    process.exitCode = known ? error.exitCode : badOption ? 2 : 3;
  }
}
