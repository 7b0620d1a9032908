/** `logs -f`: what is written from now on, as it comes, until the run has ended. */
import type { RunRef } from '../../contract/index.ts';
import { followHistory } from '../history/read-history.ts';
import { LogTails } from './tails.ts';
import { RunHistory } from '../history/run-history.ts';
import type { RunPod } from '../history/run-graph.ts';
import type { Temporal } from '../temporal/connection.ts';
import { entriesAfter } from './entries.ts';
import type { LogFolders } from './folders.ts';
import { entriesOf, tailOf, type Printed } from './logs-now.ts';
import type { LogPrinter } from './printer.ts';
import type { LogOptions, Selection } from './selection.ts';

export interface Following {
  readonly options: LogOptions;
  readonly folders: LogFolders;
  readonly printer: LogPrinter;
  /** Whether a run that goes on as a new one (`continueAsNew`) is followed there. */
  readonly wholeChain: boolean;
  /** What there was before is printed, of some pods all of it: those of `over`, as `<runId>/<activityId>`. */
  readonly printed: Printed;
  readonly over: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Resolves when the run has closed and all its lines are printed, or when the signal fires. */
export async function followLogs(
  temporal: Temporal,
  run: RunRef,
  selection: Selection,
  following: Following,
): Promise<void> {
  const { options, folders, printer, printed, over, signal } = following;
  const history = new RunHistory(run.workflowId);
  const pods = new Map<string, RunPod>();
  const told = new Set<string>();
  const chunks = new Map<string, Promise<void>>();
  const isMeant = (pod: RunPod) => selection.accepts(pod) && !over.has(overKey(run, pod));
  const tails = new LogTails(folders, run, pods, printer.output, {
    accepts({ activityId }) {
      const pod = pods.get(activityId);
      return pod !== undefined && isMeant(pod);
    },
    read: ({ uid, folder }, reading) =>
      entriesAfter(folder, options, { ...reading, seen: printed.get(uid) ?? new Map<string, number>() }),
    print: (pod, entry) => printer.print(pod, entry),
  });
  const finish = async (pod: RunPod) => {
    told.add(pod.activityId);
    if (pod.end?.pod && (await tails.finish(pod.end.pod.uid))) return;
    const earlier = await folders.ofReused(pod);
    for (const folder of earlier)
      for await (const { entry } of entriesOf(pod, folder, { options, printer, printed }))
        await printer.print(pod, entry);
    if (earlier.length > 0) return;
    for await (const { entry } of tailOf(pod, options, printer)) await printer.print(pod, entry);
  };

  const closed = new AbortController();
  const looking = heard(tails.keepLooking(AbortSignal.any([signal, closed.signal])));
  try {
    const say = (text: string) => printer.output.say(text);
    for await (const page of followHistory(temporal, run, { signal, say })) {
      for (const event of page) history.take(event);
      for (const pod of history.graph().pods) pods.set(pod.activityId, pod);
      for (const pod of pods.values()) if (pod.end && !told.has(pod.activityId) && isMeant(pod)) await finish(pod);
      for (const { task, workflowId, runId, ...items } of history.chunks) {
        const inner = selection.ofChunk(task, items);
        if (!inner || runId === undefined || chunks.has(runId)) continue;
        chunks.set(runId, heard(followLogs(temporal, { workflowId, runId }, inner, following)));
      }
    }
    await Promise.all(chunks.values());
  } finally {
    closed.abort();
    await looking;
  }
  if (signal.aborted) tails.stop();
  else await tails.finishAll();
  const next = history.closed?.next;
  if (next === undefined || !following.wholeChain || signal.aborted) return;
  await followLogs(temporal, { workflowId: run.workflowId, runId: next }, selection, following);
}

export const overKey = ({ runId }: RunRef, { activityId }: Pick<RunPod, 'activityId'>): string =>
  `${runId}/${activityId}`;

/** It is awaited later: until then its failure would end the program. */
function heard<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
