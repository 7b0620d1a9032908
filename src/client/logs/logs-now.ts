/** `logs`, without following: what there is now, of every pod that is meant. */
import type { LogEntry, PodFolder } from '../../logs/index.ts';
import type { RunRef } from '../../contract/index.ts';
import { readHistory } from '../history/read-history.ts';
import type { RunHistory } from '../history/run-history.ts';
import type { RunPod } from '../history/run-graph.ts';
import type { Temporal } from '../temporal/connection.ts';
import { byTime, entriesNow, nsOf, type Seen } from './entries.ts';
import type { LogFolders } from './folders.ts';
import { podLabel, type LogPrinter } from './printer.ts';
import type { LogOptions, Selection } from './selection.ts';

/** Of more pods, one is printed after the other: each open one holds a block of its log. */
const MERGED_AT_ONCE = 100;

/** What was printed of each pod, by uid. */
export type Printed = Map<string, Seen>;

/** The pods of one run that are meant. */
export interface RunPods {
  readonly run: RunRef;
  readonly pods: readonly RunPod[];
}

/** Those of the run, and of the chunks of its maps. @throws Problem */
export async function podsMeant(
  temporal: Temporal,
  run: RunRef,
  { history, selection }: { history: RunHistory; selection: Selection },
): Promise<RunPods[]> {
  const found: RunPods[] = [{ run, pods: history.graph().pods.filter((pod) => selection.accepts(pod)) }];
  for (const { task, workflowId, runId, ...items } of history.chunks) {
    const inner = selection.ofChunk(task, items);
    if (!inner || runId === undefined) continue;
    const chunk = { workflowId, runId };
    const within = { history: await readHistory(temporal, chunk), selection: inner };
    found.push(...(await podsMeant(temporal, chunk, within)));
  }
  return found;
}

/** In the order of time; of more than 100 pods, one after the other in the order in which they were scheduled. */
export async function printNow(
  logFolders: LogFolders,
  runs: readonly RunPods[],
  { options, printer, signal }: { options: LogOptions; printer: LogPrinter; signal?: AbortSignal | undefined },
): Promise<Printed> {
  const printed: Printed = new Map();
  const streams: AsyncIterable<{ pod: RunPod; entry: LogEntry }>[] = [];
  for (const { run, pods } of runs) {
    const folders = Map.groupBy(await logFolders.of(run), ({ activityId }) => activityId);
    for (const pod of pods) {
      const here = folders.get(pod.activityId) ?? (await logFolders.ofReused(pod));
      if (here.length === 0) streams.push(tailOf(pod, options, printer));
      else streams.push(...here.map((folder) => entriesOf(pod, folder, { options, printer, printed })));
    }
  }
  const groups = streams.length > MERGED_AT_ONCE ? streams.map((stream) => [stream]) : [streams];
  for (const group of groups)
    for await (const { pod, entry } of byTime(group, ({ entry }) => nsOf(entry))) {
      if (signal?.aborted) return printed;
      await printer.print(pod, entry);
    }
  return printed;
}

/** One that cannot be read says so, and the others go on. */
export async function* entriesOf(
  pod: RunPod,
  { uid, folder }: PodFolder,
  { options, printer, printed }: { options: LogOptions; printer: LogPrinter; printed: Printed },
) {
  const seen: Seen = new Map();
  printed.set(uid, seen);
  try {
    for await (const entry of entriesNow(folder, options, seen)) yield { pod, entry };
  } catch (error) {
    printer.unreadable(pod, error);
  }
}

/** Of a log that is not on this machine: where it is, and its last lines as the history has them. */
export async function* tailOf(pod: RunPod, { containers, tail }: LogOptions, { output }: LogPrinter) {
  const { logs } = pod.end ?? {};
  if (!logs?.lines) return;
  output.state(
    podLabel(pod),
    `its log (${logs.lines} lines) is not on this machine but at ${logs.uri}; the last lines:`,
  );
  if (containers.length > 0 && !containers.includes(pod.main)) return;
  const timestamp = new Date(pod.endedAt ?? 0).toISOString();
  const lines = logs.tail.trimEnd().split('\n');
  for (const line of tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail)))
    yield { pod, entry: { container: pod.main, timestamp, kind: 'line' as const, bytes: Buffer.from(line) } };
}
