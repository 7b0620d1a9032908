import type { PodSpec } from '../../../src/contract/index.ts';
import { dag } from '../../../src/workflows/dag/index.ts';
import type { DagOptions, TaskOptions } from '../../../src/workflows/dag/types.ts';
import { runPod } from '../../../src/workflows/run-pod.ts';

/** A task in its order: what it awaits, and what it awaits and goes on without. */
export interface RuleTask extends Pick<TaskOptions, 'mayFail' | 'priority'> {
  name: string;
  awaits?: string[];
  catches?: string[];
  retries?: PodSpec['retries'];
  /** Each further try has one argument more. */
  grows?: boolean;
}

export async function rule(tasks: RuleTask[], options: DagOptions = {}): Promise<void> {
  await dag((task) => {
    const handles = new Map<string, PromiseLike<unknown>>();
    for (const { name, awaits = [], catches = [], retries, grows = false, ...more } of tasks) {
      const work = async () => {
        for (const other of awaits) await handles.get(other);
        for (const other of catches)
          try {
            await handles.get(other);
          } catch {
            // Survived.
          }
        const nextTry = (_failure: unknown, spec: PodSpec) => ({ ...spec, args: [...(spec.args ?? []), 'more'] });
        return runPod({ image: 'etl:1', ...(retries !== undefined && { retries }) }, grows ? { nextTry } : {});
      };
      handles.set(name, task(name, work, more));
    }
  }, options);
}
