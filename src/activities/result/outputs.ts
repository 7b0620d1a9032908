/**
 * Where a pod's result is between its recorded end and the answer to Temporal: in the record when it is short, since the record goes
 * with every heartbeat; else in a file beside the pod's log.
 */
import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { log } from '@temporalio/activity';
import type { PodEnd } from '../../contract/index.ts';
import { FILE_MODE, makeOwnFolder } from '../../logs/index.ts';
import { pause } from '../../common/pause.ts';
import { messageOf } from '../../common/message-of.ts';
import { MAX_RESULT_BYTES } from '../../contract/defaults.ts';

const RECORD_BYTES = 8 * 1024;
const FILE = 'result.json';
/** A shared file system may show a file that is safe a little later. */
const TRIES = 4;
const AGAIN_MS = 500;

export class Outputs {
  readonly #againMs: number;
  #mine: { sha256: string; value: unknown } | undefined;

  constructor(againMs = AGAIN_MS) {
    this.#againMs = againMs;
  }

  /** What goes into the record. A storage that refuses is told: then this attempt alone can still return the value. */
  async keep(
    uri: string,
    { value, json }: { value: unknown; json: string },
  ): Promise<Pick<PodEnd, 'output' | 'outputFile'>> {
    if (Buffer.byteLength(json) <= RECORD_BYTES) return { output: value };
    const sha256 = sha256Of(json);
    this.#mine = { sha256, value };
    try {
      await write(fileURLToPath(uri), json);
    } catch (error) {
      log.error(`the result cannot be stored: ${messageOf(error)}`);
    }
    return { outputFile: { name: FILE, sha256 } };
  }

  /**
   * The value of a recorded end, or where it was.
   *
   * @param uri of the folder of the pod's log, which follows from the pod's key: what the record says of files is not believed
   * @param readAgain what the pod still says its result is, as JSON; undefined when it says nothing any more
   */
  async of(
    { output, outputFile }: PodEnd,
    uri: string,
    readAgain: () => Promise<string | undefined>,
  ): Promise<{ output: unknown } | { lost: string }> {
    if (!outputFile) return { output };
    if (this.#mine?.sha256 === outputFile.sha256) return { output: this.#mine.value };
    const file = join(fileURLToPath(uri), FILE);
    for (let left = TRIES; left > 0; left -= 1) {
      const json = await read(file);
      if (json !== undefined && sha256Of(json) === outputFile.sha256) return { output: JSON.parse(json) as unknown };
      if (left > 1) await pause(this.#againMs);
    }
    const json = await readAgain();
    if (json !== undefined && sha256Of(json) === outputFile.sha256) return { output: JSON.parse(json) as unknown };
    const lost =
      `the work is done, but its result is not on this worker's storage: the worker that read it wrote it beside the log of the pod, and there is no ${file} here; ` +
      'let all workers of a task queue share TEMPORAL_PODS_LOG_DIR';
    return { lost };
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    const info = await stat(file);
    return info.isFile() && info.size <= MAX_RESULT_BYTES ? await readFile(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, also for two attempts at once, and safe before the record says that it is there. */
async function write(folder: string, json: string): Promise<void> {
  await makeOwnFolder(folder);
  const path = join(folder, FILE);
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', FILE_MODE);
  try {
    await file.writeFile(json);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(folder);
  await directory.sync().finally(() => directory.close());
}

const sha256Of = (json: string) => createHash('sha256').update(json).digest('hex');
