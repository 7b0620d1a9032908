/** The DAG of docs/testing.md, so that it is type-checked, and simulated by the test beside it. */
// <example>
import { dag, moreMemory, runPod, scheduledDay, withParams } from '../../src/workflows/library.ts';
import { z } from 'zod';

export const nightly = withParams(
  z.object({ day: z.iso.date().optional(), regions: z.array(z.string()).default(['eu', 'us']) }),
  async function nightly({ day = scheduledDay(), regions }) {
    return dag(
      async (task) => {
        const orders = regions.map((region) =>
          task(`orders-${region}`, () => runPod<number[]>({ image: 'etl:3', args: [region, day] })),
        );
        const total = task('total', async () => {
          const amounts = (await Promise.all(orders)).flatMap(({ output }) => output);
          return runPod<number>(
            {
              image: 'sum:1',
              args: amounts.map(String),
              resources: { limits: { memory: '1Gi' } },
              retries: { count: 2, delay: '10m' },
              timeouts: { run: '2h' },
            },
            { nextTry: moreMemory({ factor: 2 }) },
          );
        });
        return (await total).output;
      },
      { hold: '12h' },
    );
  },
);
// </example>
