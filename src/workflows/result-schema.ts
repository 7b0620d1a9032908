/** The author's schema of a result, as schema libraries have it, put into the spec: it is checked where the pod is, by the activity. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { PodSpec } from '../contract/index.ts';

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
