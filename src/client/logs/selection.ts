/** Whose logs are meant. Pure. */
import type { GraphNode } from '../../contract/index.ts';
import { nodeName, type RunPod } from '../history/run-graph.ts';
import { checkTask } from '../temporal/find-run.ts';

/** What was typed. */
export interface LogOptions {
  readonly tasks: readonly string[];
  /** Names; none: all of them. */
  readonly containers: readonly string[];
  readonly try?: number | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Lines of each container. */
  readonly tail?: number | undefined;
  readonly timestamps: boolean;
}

/** Of one run: which of its pods, and which of the chunks of its maps. */
export interface Selection {
  accepts(pod: Pick<RunPod, 'task' | 'activityId' | 'try'>): boolean;
  /** What of a chunk is meant; undefined: nothing. @param items of it, the index of the first one and how many */
  ofChunk(task: string, items: { readonly from: number; readonly items: number }): Selection | undefined;
}

export function selection({
  tasks,
  try: one,
}: Pick<LogOptions, 'tasks'> & Partial<Pick<LogOptions, 'try'>>): Selection {
  const named = new Set(tasks);
  return {
    accepts: (pod) =>
      (named.size === 0 || named.has(nodeName(pod)) || named.has(pod.task)) && (one === undefined || pod.try === one),
    ofChunk(task, { from, items }) {
      if (named.has(task)) return selection({ tasks: [], try: one });
      const inner = tasks.filter((name) => {
        const item = itemOf(name, task);
        return item !== undefined && item >= from && item < from + items;
      });
      return inner.length > 0 ? selection({ tasks: inner, try: one }) : undefined;
    },
  };
}

/** A name may be that of a task, of a mapped one, or of one item in it: `load`, `load-17`. @throws Problem (2) */
export function checkTasks(tasks: readonly string[], nodes: readonly GraphNode[]): void {
  const names = nodes.map(({ name }) => name);
  for (const task of unknownTasks(tasks, nodes)) checkTask(task, names);
}

export function unknownTasks(tasks: readonly string[], nodes: readonly GraphNode[]): string[] {
  const names = new Set(nodes.map(({ name }) => name));
  const isItem = (task: string) =>
    nodes.some(({ name, mapped }) => mapped && (itemOf(task, name) ?? mapped.items) < mapped.items);
  return tasks.filter((task) => !names.has(task) && !isItem(task));
}

/** The index of the item that `load-17` is for the map `load`. */
function itemOf(name: string, map: string): number | undefined {
  const [, number] = name.startsWith(`${map}-`) ? (/^(\d+)$/.exec(name.slice(map.length + 1)) ?? []) : [];
  return number === undefined ? undefined : Number(number);
}
