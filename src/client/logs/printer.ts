/** Log lines on stdout, at the speed of their reader. */
import { once } from 'node:events';
import { messageOf } from '../../common/message-of.ts';
import type { Gap, LogEntry } from '../../logs/index.ts';
import type { Output } from '../terminal/output.ts';
import { nodeName, type RunPod } from '../history/run-graph.ts';

export type PodName = Pick<RunPod, 'task' | 'activityId' | 'main'>;

export class LogPrinter {
  readonly output: Output;
  readonly #timestamps: boolean;
  readonly #stdout: NodeJS.WriteStream;

  constructor(
    output: Output,
    { timestamps, stdout = process.stdout }: { timestamps: boolean; stdout?: NodeJS.WriteStream },
  ) {
    this.output = output;
    this.#timestamps = timestamps;
    this.#stdout = stdout;
  }

  async print(pod: PodName, { container, timestamp, kind, bytes }: LogEntry): Promise<void> {
    const label = labelOf({ task: podLabel(pod), main: pod.main }, container);
    if (kind === 'gap') this.output.gap(label, gapText(bytes));
    else this.output.log(label, this.#timestamps ? Buffer.concat([Buffer.from(`${timestamp} `), bytes]) : bytes);
    if (this.#stdout.writableNeedDrain) await once(this.#stdout, 'drain');
  }

  unreadable(pod: PodName, error: unknown): void {
    this.output.state(podLabel(pod), unreadableText(error));
  }
}

export const unreadableText = (error: unknown): string => `its log cannot be read: ${messageOf(error)}`;

/** `load`, and from the second pod of a task on `load#2`. */
export function podLabel(pod: Pick<RunPod, 'task' | 'activityId'>): string {
  const name = nodeName(pod);
  const number = /-(\d+)$/.exec(pod.activityId)?.[1];
  return name === pod.activityId || number === undefined || number === '1' ? name : `${name}#${number}`;
}

/** The main container speaks for its task; any other one says its own name too. */
export const labelOf = ({ task, main }: { task: string; main: string }, container: string): string =>
  container === main ? task : `${task}/${container}`;

/** Of an entry of the kind `gap`. */
export function gapText(bytes: Buffer): string {
  try {
    return `lines are missing here: ${(JSON.parse(bytes.toString()) as Gap).message}`;
  } catch {
    return 'lines are missing here';
  }
}
