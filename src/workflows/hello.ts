import type { PodResult } from '../types.ts';
import { dag } from './dag/index.ts';
import { runPod } from './run-pod.ts';

/** The example of every article about KubernetesPodOperator: one pod that says hello. */
export async function hello(options?: { image?: string }): Promise<PodResult> {
  const image = options?.image ?? 'python:3.12-slim';
  return dag(async (task) =>
    task('hello', () => runPod({ image, command: ['python', '-c', "print('Hello from KubernetesPodOperator')"] })),
  );
}
