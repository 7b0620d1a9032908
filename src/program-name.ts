/** How the user calls these programs, for hints that can be copied. */
import { basename } from 'node:path';

/** The client: `temporal-pods` where it is installed, the npm script in a checkout. */
export const clientCall = (program = process.argv[1]): string =>
  isInstalled(program) ? 'temporal-pods' : 'npm run client --';

/** The worker. */
export const workerCall = (program = process.argv[1]): string =>
  isInstalled(program) ? 'temporal-pods worker' : 'npm run worker';

const isInstalled = (program: string | undefined) => /^temporal-pods(\.js)?$/.test(basename(program ?? ''));
