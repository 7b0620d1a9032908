/** A file that a variable names; whatever is wrong with it is said with the variable and the path. */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../common/message-of.ts';
import { Problem, usage } from '../common/problem.ts';

export interface NamedFile {
  /** Absolute. */
  path: string;
  /** `VARIABLE=value`, as it was given. */
  from: string;
  text(): Promise<string>;
}

/** @throws Problem (2) when it is not there, or is a folder */
export function namedFile(variable: string, value: string): NamedFile {
  const from = `${variable}=${value}`;
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
  existing(`${variable}=${value}`, value, 'folder');

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
  if (!found) throw usage(`${from}: there is no such ${what} (looked for ${path})`);
  if (what === 'file' ? !found.isFile() : !found.isDirectory()) throw usage(`${from}: is not a ${what}`);
  return path;
}
