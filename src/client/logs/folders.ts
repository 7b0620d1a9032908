/** Where the logs of pods are on this machine. */
import { messageOf } from '../../common/message-of.ts';
import type { RunRef } from '../../contract/index.ts';
import { FolderChanges, podFolders, runFolder, type PodFolder } from '../../logs/index.ts';
import type { RunPod } from '../history/run-graph.ts';
import type { Output } from '../terminal/output.ts';

/** What cannot be read is told once, and is as if it were on another machine: of that the history has the last lines. */
export class LogFolders {
  readonly #root: string;
  readonly #output: Pick<Output, 'say'>;
  readonly #told = new Set<string>();

  constructor(root: string, output: Pick<Output, 'say'>) {
    this.#root = root;
    this.#output = output;
  }

  /** Those of a run, sorted by activity. */
  async of(run: RunRef): Promise<PodFolder[]> {
    try {
      return await podFolders(this.#root, run);
    } catch (error) {
      const text = `the logs of ${run.workflowId} cannot be read: ${messageOf(error)}`;
      if (!this.#told.has(text)) this.#output.say(text);
      this.#told.add(text);
      return [];
    }
  }

  changesOf(run: RunRef): FolderChanges {
    return new FolderChanges(runFolder(this.#root, run));
  }

  /** Of a pod that ran in an earlier run: there is its log. */
  async ofReused({ end }: RunPod): Promise<PodFolder[]> {
    return end?.reused ? (await this.of(end.reused)).filter(({ uid }) => uid === end.pod?.uid) : [];
  }
}
