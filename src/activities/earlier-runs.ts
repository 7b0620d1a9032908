/** The earlier runs that reruns on this worker look into. A history of 1,000 pods is read once, not 1,000 times. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { PodResult, RunPodInput, RunRef } from '../contract/index.ts';
import { historyPages, type HistoryEvent } from '../common/history-pages.ts';
import { GRPC_CODE } from '../common/grpc-code.ts';
import { evenCancelled } from './temporal-calls.ts';

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

/** One page is soon there. */
const PAGE_LIMIT_MS = 30_000;

export interface RunWork {
  /** `PodResult`s as JSON, by `callKey`, of pods that ended well. Of a call made twice, as after `retryTask`, the later one. */
  readonly results: ReadonlyMap<string, string>;
  /** The runIds of its child workflows, by workflowId; the later one, when a chunk was started again. */
  readonly children: ReadonlyMap<string, string>;
  /** Characters of the results. */
  readonly size: number;
}

/** What a run has done, read from its history: the whole of it once, so that no worker with its code is needed. @throws what Temporal answers */
export async function readRun(client: Client, { workflowId, runId }: RunRef): Promise<RunWork> {
  const { namespace } = client.options;
  const reader = eventReader();
  // For all who wait for it: not for this one attempt only.
  const pages = historyPages(client, { namespace, workflowId, runId }, (call) =>
    evenCancelled(client, () => client.withDeadline(Date.now() + PAGE_LIMIT_MS, call)),
  );
  for await (const page of pages) for (const event of page) reader.take(event);
  return reader.work;
}

function eventReader() {
  /** By the event that scheduled them: an end names nothing else. */
  const scheduled = new Map<string, string>();
  const results = new Map<string, string>();
  const children = new Map<string, string>();
  let size = 0;
  return {
    take(event: HistoryEvent): void {
      const { activityTaskScheduledEventAttributes: pod, activityTaskCompletedEventAttributes: done } = event;
      if (pod?.activityType?.name === 'runPod') {
        const [input] = pod.input?.payloads ?? [];
        const key = input && callKey(defaultPayloadConverter.fromPayload<RunPodInput>(input));
        if (key !== undefined) scheduled.set(String(event.eventId), key);
      }
      if (done) {
        const key = scheduled.get(String(done.scheduledEventId));
        const [result] = done.result?.payloads ?? [];
        if (key !== undefined && result) {
          // As text: a payload would keep the whole page in memory.
          const json = JSON.stringify(defaultPayloadConverter.fromPayload(result));
          results.set(key, json);
          size += json.length;
        }
      }
      const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
      if (child?.workflowId && child.runId) children.set(child.workflowId, child.runId);
    },
    get work(): RunWork {
      return { results, children, size };
    },
  };
}

/** Undefined for an input that does not tell which call it is, as older ones do not: nothing can be proven of it. */
export function callKey({ task, call, spec, asked }: RunPodInput): string | undefined {
  if (call === undefined) return undefined;
  return createHash('sha256')
    .update(sortedJson([task, call, asked ?? spec]))
    .digest('base64');
}

/** JSON in which the order of names does not matter. */
const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
