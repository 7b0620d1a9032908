/** What TypeScript infers of a result. Nothing here runs: `tsc` is the test. */
import { z } from 'zod';
import type { PodResult } from '../../../src/contract/index.ts';
import { runPod } from '../../../src/workflows/run-pod.ts';

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
const exactly =
  <Expected>() =>
  <Actual>(_value: Actual, ..._: Equal<Actual, Expected> extends true ? [] : ['not that type']): void =>
    undefined;

export async function theSchemaIsTheType() {
  const typed = await runPod({ image: 'etl:3' }, { output: z.object({ rows: z.number() }) });
  exactly<PodResult<{ rows: number }>>()(typed);
  typed.output.rows.toFixed();
  // @ts-expect-error: no such key
  void typed.output.row;

  const list = await runPod({ image: 'etl:3' }, { output: z.array(z.string()) });
  exactly<string[]>()(list.output);

  // What the pod writes, not what a transform would make of it.
  const length = await runPod({ image: 'etl:3' }, { output: z.string().transform((text) => text.length) });
  exactly<string>()(length.output);
  const defaulted = await runPod({ image: 'etl:3' }, { output: z.object({ rows: z.number().default(0) }) });
  exactly<number | undefined>()(defaulted.output.rows);

  const untyped = await runPod({ image: 'etl:3' });
  exactly<unknown>()(untyped.output);
  const named = await runPod<{ rows: number }>({ image: 'etl:3' });
  exactly<number>()(named.output.rows);

  // @ts-expect-error: a JSON Schema is no schema with a type; it goes into spec.result.schema
  await runPod({ image: 'etl:3' }, { output: { type: 'object' } });
}
