import { z } from 'zod';
import { dag } from './dag/index.ts';
import { withParams } from './params.ts';
import { runPod } from './run-pod.ts';

/** The example of every article about KubernetesPodOperator. */
export const hello = withParams(
  z
    .object({ image: z.string().default('python:3.12-slim').describe('An image with Python in it') })
    .describe('One pod that says hello.'),
  async function hello({ image }) {
    return dag(async (task) =>
      task('hello', () => runPod({ image, command: ['python', '-c', "print('Hello from KubernetesPodOperator')"] })),
    );
  },
);
