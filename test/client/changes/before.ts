/** A DAG as it is when its runs begin. */
import { dag, runPod } from '../../../src/workflows/library.ts';

interface Input {
  /** The file until which `orders` waits. */
  readonly until: string;
}

export const nightly = ({ until }: Input) =>
  dag(async (task) => {
    const orders = task('orders', () => runPod<string>({ image: 'x', env: { UNTIL: until, OUTPUT: 'o' } }));
    const report = task('report', async () =>
      runPod<string>({ image: 'x', args: [(await orders).output], env: { OUTPUT: 'r' } }),
    );
    return (await report).output;
  });
