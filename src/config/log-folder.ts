/** Whether logs can be stored: known at a worker's start, or found out by the first task, whose log is then lost. */
import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../logs/index.ts';
import { inTime } from '../common/in-time.ts';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';

const LIMIT_MS = 10_000;

/**
 * Makes the folder when it is not there, and writes a file into it, which it deletes again.
 *
 * @throws Problem (2) that names variable, folder and cause, also when the file system does not answer
 */
export async function mustStore(logRoot: string, { limitMs = LIMIT_MS, tryOut = writeOne } = {}): Promise<void> {
  try {
    await inTime(limitMs, tryOut(logRoot));
  } catch (error) {
    throw usage(`TEMPORAL_PODS_LOG_DIR=${logRoot}: logs cannot be stored there: ${messageOf(error)}`);
  }
}

async function writeOne(folder: string): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, `.try-${randomUUID()}`);
  const file = await open(path, 'wx');
  try {
    await file.writeFile('x');
    await file.sync();
  } finally {
    await file.close();
    await unlink(path);
  }
}
