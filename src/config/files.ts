/** Files and folders that a variable names; whatever is wrong with one is said with the variable and the path. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { inTime } from '../common/in-time.ts';
import { messageOf } from '../common/message-of.ts';
import { pathText } from '../common/path-text.ts';
import { Problem, usage } from '../common/problem.ts';
import { FILE_MODE, makeFolder, makeOwnFolder } from '../logs/index.ts';

/** Where logs are when the operator names no folder. */
export const defaultLogRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  resolve(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'temporal-pods', 'logs');

/** For a file system to answer. */
const LIMIT_MS = 10_000;

export interface NamedFile {
  /** Absolute. */
  path: string;
  /** `VARIABLE=value`, as it was given. */
  from: string;
  text(): Promise<string>;
}

/** @throws Problem (2) when it is not there, or is a folder */
export function namedFile(variable: string, value: string): NamedFile {
  const from = `${variable}=${pathText(value)}`;
  const path = existing(from, value, 'file');
  return {
    path,
    from,
    async text() {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        throw usage(`${from}: cannot be read: ${messageOf(error)}`);
      }
    },
  };
}

/** @throws Problem (2) */
export const namedFolder = (variable: string, value: string): string =>
  existing(`${variable}=${pathText(value)}`, value, 'folder');

/** Says of whatever is wrong in there where it stands. */
export async function inFile<T>({ from }: NamedFile, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Problem ? error : usage(`${from}: ${messageOf(error)}`);
  }
}

function existing(from: string, value: string, what: 'file' | 'folder'): string {
  const path = resolve(value);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw usage(`${from}: there is no such ${what} (looked for ${pathText(path)})`);
  if (what === 'file' ? !found.isFile() : !found.isDirectory()) throw usage(`${from}: is not a ${what}`);
  return path;
}

/**
 * Tries whether logs can be stored: makes the folder when it is not there, and writes a file into it, which it deletes again.
 * Otherwise the first task would find out, and its log would be lost. One that the operator has made keeps its modes; the one that is
 * used when none is named is ours, and is closed to others.
 *
 * @throws Problem (2) that names variable, folder and cause, also when the file system does not answer
 */
export async function mustStore(
  logRoot: string,
  { limitMs = LIMIT_MS, tryOut = writeOne, ours = defaultLogRoot() } = {},
): Promise<void> {
  try {
    await inTime(limitMs, tryOut(logRoot, logRoot === ours ? makeOwnFolder : makeFolder));
  } catch (error) {
    throw usage(`TEMPORAL_PODS_LOG_DIR=${logRoot}: logs cannot be stored there: ${messageOf(error)}`);
  }
}

async function writeOne(folder: string, make: typeof makeFolder): Promise<void> {
  await make(folder);
  const path = join(folder, `.try-${randomUUID()}`);
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await file.writeFile('x');
    await file.sync();
  } finally {
    await file.close();
    await unlink(path);
  }
}
