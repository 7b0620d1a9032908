/** The DAG of docs/tutorial.md, so that it is type-checked; a test compares the two. */
// <example>
import { z } from 'zod';
import { dag } from '../../src/workflows/dag/index.ts';
import { withParams } from '../../src/workflows/params.ts';
import { runPod } from '../../src/workflows/run-pod.ts';
import { scheduledDay } from '../../src/workflows/dag/scheduled-time.ts';

const image = 'localhost/temporal-pods/python:1';

/** The termination message of a pod is its result. */
const RESULT = `
import json, os
def result(value): open('/dev/termination-log', 'w').write(json.dumps(value))
`;

const ORDERS = `${RESULT}
print('reading the orders of', os.environ['DAY'])
result([12.5, 30, 7.25])`;

const TOTAL = `${RESULT}
space = b'x' * (int(os.environ['MEGABYTES']) << 20)
result(sum(json.loads(os.environ['ORDERS'])))`;

const REPORT = `${RESULT}
text = os.environ['DAY'] + ': ' + os.environ['TOTAL']
print(text)
result(text)`;

export const nightly = withParams(
  z
    .object({ megabytes: z.int().default(10).describe('What the sum needs of memory') })
    .describe('Reads the orders of a day, sums them up and reports.'),
  async function nightly({ megabytes }) {
    const day = scheduledDay();
    const python = (code: string, env: Record<string, string>) => ({ image, command: ['python', '-c', code], env });

    return dag(
      async (task) => {
        const orders = task('orders', () => runPod<number[]>(python(ORDERS, { DAY: day })));
        const total = task('total', async () => {
          const env = { ORDERS: JSON.stringify((await orders).output), MEGABYTES: String(megabytes) };
          return runPod<number>({ ...python(TOTAL, env), resources: { limits: { memory: '64Mi' } } });
        });
        const report = task('report', async () =>
          runPod<string>(python(REPORT, { DAY: day, TOTAL: String((await total).output) })),
        );
        return (await report).output;
      },
      { hold: '12h' },
    );
  },
);
// </example>
