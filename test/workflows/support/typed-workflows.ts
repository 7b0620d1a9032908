/** Workflows whose results have a schema of zod's, made in the sandbox. */
import { z } from 'zod';
import type { PodResult, PodSpec } from '../../../src/contract/index.ts';
import { dag } from '../../../src/workflows/dag/index.ts';
import { runPod } from '../../../src/workflows/run-pod.ts';

const Sales = z.object({ rows: z.number().int().min(0), by: z.record(z.string(), z.number()).optional() });

export const typed = (spec: PodSpec): Promise<PodResult<z.input<typeof Sales>>> =>
  dag(async (task) => task('main', () => runPod(spec, { output: Sales })));

export const untellable = (spec: PodSpec): Promise<unknown> =>
  dag(async (task) => task('main', () => runPod(spec, { output: z.object({ day: z.date() }) })));

export const twice = (spec: PodSpec): Promise<unknown> =>
  dag(async (task) => {
    const first = await task('first', () => runPod(spec));
    return task('second', () => runPod({ ...spec, env: { BYTES: String(JSON.stringify(first.output).length) } }));
  });
