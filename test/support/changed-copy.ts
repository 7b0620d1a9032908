/** A copy of the project in a folder of its own, in which one place is changed: the product itself knows no switch for it. */
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Copies these files and folders, without what `local/go` builds from; `node_modules` is shared. */
export function copyProject(project: string, root: string, names: readonly string[]): void {
  for (const name of names)
    cpSync(join(project, name), join(root, name), { recursive: true, filter: (path) => !path.includes('local/go/') });
  symlinkSync(resolve(project, 'node_modules'), join(root, 'node_modules'));
}

/** How often it stands in the file. */
export const occurrences = (file: string, text: string | RegExp): number =>
  readFileSync(file, 'utf8').split(text).length - 1;
