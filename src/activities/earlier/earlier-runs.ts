/** The earlier runs that reruns on this worker look into. A history of 1,000 pods is read once, not 1,000 times. */
import type { Client } from '@temporalio/client';
import type { PodResult, RunPodInput, RunRef } from '../../contract/index.ts';
import { GRPC_CODE } from '../../common/grpc-code.ts';
import { callKey } from './call-key.ts';
import { readRun, type RunWork } from './read-run.ts';

/** Of a map, some chunks are under way at once. */
const MOST_RUNS = 50;
const MOST_CHARACTERS = 64 * 1024 * 1024;

const NOTHING: RunWork = { results: new Map(), children: new Map(), size: 0 };

export class EarlierRuns {
  /** By runId, the one that was asked for last at the end. */
  readonly #runs = new Map<string, Promise<RunWork>>();
  readonly #sizes = new Map<string, number>();
  readonly #read: typeof readRun;

  constructor(read = readRun) {
    this.#read = read;
  }

  /** The result of this call in the run that it names, with the run in which its pod ran. @throws what Temporal answers */
  async find(client: Client, input: RunPodInput): Promise<PodResult | undefined> {
    const key = callKey(input);
    const run = key === undefined ? undefined : await this.#runOf(client, input.earlier);
    const found = run && key !== undefined ? (await this.#workOf(client, run)).results.get(key) : undefined;
    if (!run || !found) return undefined;
    const result = JSON.parse(found) as PodResult;
    return { ...result, reused: result.reused ?? run };
  }

  /** Of a chunk: its run is the one that the earlier run itself started, whatever has run under this id since. */
  async #runOf(client: Client, earlier: RunPodInput['earlier']): Promise<RunRef | undefined> {
    if (!earlier) return undefined;
    const { chunk, ...root } = earlier;
    let run: RunRef = root;
    const steps = chunk?.split('/') ?? [];
    for (let at = 0; at < steps.length; at += 2) {
      const workflowId: string = `${run.workflowId}/${steps[at]}/${steps[at + 1]}`;
      const runId: string | undefined = (await this.#workOf(client, run)).children.get(workflowId);
      if (runId === undefined) return undefined;
      run = { workflowId, runId };
    }
    return run;
  }

  async #workOf(client: Client, { workflowId, runId }: RunRef): Promise<RunWork> {
    const work =
      this.#runs.get(runId) ??
      this.#read(client, { workflowId, runId }).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === GRPC_CODE.notFound) return NOTHING;
        this.#forget(runId);
        throw error;
      });
    this.#runs.delete(runId);
    this.#runs.set(runId, work);
    const { size } = await work;
    // Not one that was forgotten while it was read.
    if (this.#runs.get(runId) === work) this.#sizes.set(runId, size);
    this.#makeRoom();
    return work;
  }

  /** The one that was asked for last stays in any case. */
  #makeRoom(): void {
    let size = [...this.#sizes.values()].reduce((sum, one) => sum + one, 0);
    for (const runId of this.#runs.keys()) {
      if (this.#runs.size <= 1 || (this.#runs.size <= MOST_RUNS && size <= MOST_CHARACTERS)) return;
      size -= this.#sizes.get(runId) ?? 0;
      this.#forget(runId);
    }
  }

  #forget(runId: string): void {
    this.#runs.delete(runId);
    this.#sizes.delete(runId);
  }
}
