/** The example of docs/from-airflow.md, so that it is type-checked; a test compares the two. */
import { dag } from '../../src/workflows/dag/index.ts';
import { runPod } from '../../src/workflows/run-pod.ts';

// <example>
export const nightly = (day: string) =>
  dag(async (task) => {
    const extract = task('extract', () =>
      runPod<{ path: string }>({
        namespace: 'etl',
        image: 'etl:3',
        command: ['extract'],
        args: [day],
        env: {
          MODE: 'full',
          TOKEN: { secretKeyRef: { name: 'api', key: 'token' } },
        },
        resources: { limits: { memory: '1Gi' } },
        timeouts: { start: '10m', total: '2h' },
        retries: 2,
        result: { from: 'file', path: '/out/return.json' },
      }),
    );
    const load = task('load', async () =>
      runPod({
        namespace: 'etl',
        image: 'etl:3',
        command: ['load'],
        args: [(await extract).output.path],
      }),
    );
    return (await load).output;
  });
// </example>
