import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface RunKey {
  readonly workflowId: string;
  readonly runId: string;
}

export interface PodKey extends RunKey {
  readonly activityId: string;
  readonly uid: string;
}

export interface PodFolder {
  readonly activityId: string;
  readonly uid: string;
  readonly folder: string;
}

/** The folder of one pod's log. */
export const logFolder = (root: string, { workflowId, runId, activityId, uid }: PodKey): string =>
  join(root, ...[workflowId, runId, activityId, uid].map(encodeName));

/** The folder of the logs of all pods of a run. */
export const runFolder = (root: string, { workflowId, runId }: RunKey): string =>
  join(root, encodeName(workflowId), encodeName(runId));

/** A folder as the history holds it. */
export const folderUri = (folder: string): string => pathToFileURL(folder).href;

/** The pods of a run that have a log, sorted by activity. */
export async function podFolders(root: string, key: RunKey): Promise<PodFolder[]> {
  const run = runFolder(root, key);
  const found: PodFolder[] = [];
  for (const activity of await listNames(run)) {
    for (const uid of await listNames(join(run, activity))) {
      found.push({ activityId: decodeName(activity), uid: decodeName(uid), folder: join(run, activity, uid) });
    }
  }
  return found;
}

/** The names in a folder, sorted; none when it is not there (yet). */
export async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What pods print, and their results, are for the user whose worker it is, and for nobody else of the machine. */
const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Makes the folder, and takes away what others may do in one that is there: it is ours, and an earlier version left it open. */
export async function makeOwnFolder(path: string): Promise<void> {
  await makeFolder(path);
  const { mode } = await stat(path);
  // Another user's, on a storage that is shared, stays as it is: a log that is stored is worth more.
  if (mode & ~FOLDER_MODE & 0o777) await chmod(path, FOLDER_MODE).catch(() => undefined);
}

/**
 * Makes the folder and those above it, for their owner alone. Those that are there are left as they are. Node's own `recursive` never ends where a folder says that it cannot be found when one is
 * made in it (`/proc`, a mount that is gone), and holds one of the few threads for file work for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  const error = await make(path);
  if (error?.code === 'ENOENT' && dirname(path) !== path) {
    await makeFolder(dirname(path));
    const again = await make(path);
    if (again) throw again;
  } else if (error) throw error;
}

/** Undefined: it is there. */
async function make(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, FOLDER_MODE);
    return undefined;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}

/** Any id as one file name: readable, never a path, never longer than file systems allow. */
export function encodeName(id: string): string {
  const name = [...Buffer.from(id)].map(encodeByte).join('').replace(/^\./, '%2E');
  if (name.length > 0 && name.length <= 200) return name;
  // `~` is encoded above, so no other id has this name.
  return `${name.slice(0, 150)}~${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
}

const encodeByte = (byte: number): string => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9._@=,+-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
};

/** The id again; a name that was too long stays as it is. */
function decodeName(name: string): string {
  try {
    return name.includes('~') ? name : decodeURIComponent(name);
  } catch {
    return name;
  }
}
