import { ApplicationFailure } from '@temporalio/workflow';
import type { PodFailureDetails, PodSpec } from '../contract/index.ts';

/** What only the workflow needs to know, so functions too: none of it leaves the sandbox. */
export interface RunPodOptions<Output = unknown> {
  /**
   * The author's own word before each further try: a changed spec (this and all further tries start from it; the activity checks
   * it as any other), `'stop'` for no more tries, or `undefined` for the same again. Called only when there is to be another
   * pod, `free` meaning that it costs none of `retries`; `next.pod` counts all pods. Plain, deterministic code, as all code of a
   * workflow. Ready ones are `moreMemory`, `anotherNode` and `allOf`. What it throws is thrown by `runPod`.
   */
  nextTry?: NextTry;
  /**
   * Schema of the task's result (zod's and others' are such): its JSON Schema becomes `result.schema`, its input type the type of
   * `output`. The activity checks the value and changes nothing of it: no transforms, no defaults.
   */
  output?: OutputSchema<Output>;
}

/**
 * The author's own word before a further try; see `RunPodOptions.nextTry`.
 *
 *     const nextTry: NextTry = ({ kind }, spec) => (kind === 'DeadlineExceeded' ? { ...spec, timeouts: { run: '2h' } } : undefined);
 */
export type NextTry = (
  failure: PodFailureDetails,
  spec: PodSpec,
  next: { try: number; pod: number; free: boolean },
) => PodSpec | 'stop' | undefined;

/**
 * A Standard JSON Schema, as zod's (4.2 and later), arktype's or valibot's schemas are. `Output` is its *input* type, what the pod
 * writes: the task's result is the JSON as it came, without a schema's transforms and defaults.
 */
export interface OutputSchema<Output> {
  readonly '~standard': {
    readonly types?: { readonly input: Output } | undefined;
    readonly jsonSchema: { input(options: { target: 'draft-2020-12' }): Record<string, unknown> };
  };
}

/** @throws ApplicationFailure `InvalidSpec` for a schema that JSON Schema has no words for (a Date, a Map) */
export function withSchema(spec: PodSpec, output: OutputSchema<unknown> | undefined): PodSpec {
  if (!output) return spec;
  try {
    const schema = output['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    // As JSON only: a library may put functions beside it, which no payload carries.
    return { ...spec, result: { from: 'terminationMessage', ...spec.result, schema: asJson(schema) } };
  } catch (error) {
    const message = `output: no JSON Schema can be made of it: ${String(error)}`;
    throw ApplicationFailure.nonRetryable(message, 'InvalidSpec', { kind: 'InvalidSpec', startedEver: false, message });
  }
}

const asJson = (schema: Record<string, unknown>) => JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
