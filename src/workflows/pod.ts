import type { PodResult, PodSpec } from '../contract/index.ts';
import { dag } from './dag/index.ts';
import { runPod } from './run-pod.ts';

/** One pod from a spec given as the argument. */
export async function pod(spec: PodSpec): Promise<PodResult> {
  return dag(async (task) => task('main', () => runPod(spec)));
}

pod.description = 'One pod from a spec given as the argument.';
