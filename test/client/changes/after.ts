/** The same DAG, changed: a task more at its beginning. */
import { dag, runPod } from '../../../src/workflows/library.ts';

export const nightly = ({ until }: { readonly until: string }) =>
  dag(async (task) => {
    const check = task('check', () => runPod<string>({ image: 'x', env: { OUTPUT: 'c' } }));
    const orders = task(
      'orders',
      async () => (await check, runPod<string>({ image: 'x', env: { UNTIL: until, OUTPUT: 'o' } })),
    );
    const report = task('report', async () =>
      runPod<string>({ image: 'x', args: [(await orders).output], env: { OUTPUT: 'r' } }),
    );
    return (await report).output;
  });
