/** `replay`, as an author's own tests call it. */
import { readRecorded, recordedFiles } from '../replay/recorded.ts';
import { type Replayer, replayerOf } from '../replay/replay.ts';
import { moduleOf, pathOf } from './module.ts';

/** Of `replay`. */
export interface ReplayOptions {
  /** File of the module that exports the workflows. Default: the environment's `TEMPORAL_PODS_WORKFLOWS`, as for a worker. */
  readonly workflows?: string | URL;
}

/** One that does not fit, or more: runs like these would be stuck after a deploy. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/**
 * Replays recorded histories with the workflows as they are now. The first call in a process makes their bundle.
 *
 *     test('runs under way go on with this code', () => replay('test/histories'));
 *
 * @param histories files that `temporal-pods history <id> --to <file>` wrote, or folders of them; a path is of the current folder
 * @returns the files that were replayed
 * @throws ReplayError that says of each file what does not fit; Problem for a file that is no history, or of a workflow that the module
 *   does not export
 */
export async function replay(
  histories: string | URL | readonly (string | URL)[],
  { workflows }: ReplayOptions = {},
): Promise<string[]> {
  const named = Array.isArray(histories) ? (histories as readonly (string | URL)[]) : [histories as string | URL];
  const files = recordedFiles(named.map(pathOf));
  const replayer = await replayerFor(workflows);
  const misfits: string[] = [];
  for (const file of files) {
    const history = readRecorded(file);
    const misfit = await replayer.replay(replayer.known(history));
    if (misfit) misfits.push(`${history.from}: ${misfit.says}`);
  }
  if (misfits.length > 0) throw new ReplayError(`the code does not fit\n  ${misfits.join('\n  ')}`);
  return files;
}

const replayers = new Map<string, Promise<Replayer>>();

function replayerFor(workflows: string | URL | undefined): Promise<Replayer> {
  const module = moduleOf(workflows);
  const known = replayers.get(module.path);
  if (known) return known;
  const made = replayerOf(module);
  replayers.set(module.path, made);
  return made;
}
