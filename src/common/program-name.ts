/** How the user calls these programs, for hints that can be copied. */
import { basename } from 'node:path';

/** The npm scripts are those of a checkout. */
const isPackage = import.meta.url.endsWith('.js');

/** `program` is the file that Node was told to run. */
const isInstalled = (program: string | undefined): boolean =>
  isPackage || /^temporal-pods(\.js)?$/.test(basename(program ?? ''));

/** The client: by its name where it is installed, the npm script in a checkout. */
export const clientCall = (program = process.argv[1]): string =>
  isInstalled(program) ? 'temporal-pods' : 'npm run client --';

export const workerCall = (program = process.argv[1]): string =>
  isInstalled(program) ? 'temporal-pods worker' : 'npm run worker';

/** What to do when something is not up; only a checkout can start it. */
export const orUp = (otherwise: string, program = process.argv[1]): string =>
  isInstalled(program) ? otherwise : `start a local one with \`npm run up\`, or ${otherwise}`;

/** A command of the client as it is to be typed. */
export const callText = (...words: string[]): string => `${clientCall()} ${words.map(shellWord).join(' ')}`;

/** A word as a POSIX shell has to be given it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
