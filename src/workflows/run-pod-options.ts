import type { PodFailureDetails, PodSpec } from '../contract/index.ts';
import type { OutputSchema } from './result-schema.ts';

/** What only the workflow needs to know, so functions too: none of it leaves the sandbox. */
export interface RunPodOptions<Output = unknown> {
  /**
   * The author's own word before each further try: a changed spec (this and all further tries start from it; the activity checks
   * it as any other), `'stop'` for no more tries, or `undefined` for the same again. Called only when there is to be another
   * pod, `free` meaning that it costs none of `retries`; `next.pod` counts all pods. Plain, deterministic code, as all code of a
   * workflow. `next-try.ts` has ready ones. What it throws is thrown by `runPod`.
   */
  nextTry?: NextTry;
  /**
   * Schema of the task's result (zod's and others' are such): its JSON Schema becomes `result.schema`, its input type the type of
   * `output`. The activity checks the value and changes nothing of it: no transforms, no defaults.
   */
  output?: OutputSchema<Output>;
}

export type NextTry = (
  failure: PodFailureDetails,
  spec: PodSpec,
  next: { try: number; pod: number; free: boolean },
) => PodSpec | 'stop' | undefined;
