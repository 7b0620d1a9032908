/** Folders for what can be made again. Code is run from there, so nobody but the worker's own user may be able to write in them. */
import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheHome } from './local-stack.ts';

/**
 * A folder of this name, made when it is not there. Undefined when there can be none, or others have a hand in it: then all that was
 * to be kept there is made anew, which costs time and nothing else.
 */
export function cacheFolder(name: string, home = cacheHome()): string | undefined {
  const folder = join(home, name);
  try {
    for (const path of [dirname(home), home, folder]) make(path);
    const found = lstatSync(folder);
    return found.isDirectory() && isOurs(found) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Of this user, and closed to every other one. */
export const isOurs = ({ uid, mode }: { uid: number; mode: number }): boolean =>
  uid === process.getuid?.() && (mode & 0o077) === 0;

/** Not `recursive`, which never ends where a folder says that it cannot be found when one is made in it (`/proc`). */
function make(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
