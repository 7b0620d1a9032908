import { dag, type DagOptions } from '../../../src/workflows/dag/index.ts';
import { failing, runPod, type StubSpec } from './stub-pod.ts';

export interface DiamondInput extends DagOptions {
  /** The name of the task that fails. */
  fails?: string;
  ms?: number;
}

const specs =
  ({ fails, ms = 20 }: DiamondInput) =>
  (name: string, more: StubSpec = {}): StubSpec =>
    fails === name ? failing(`${name} is broken`, ms) : { ms, output: name, ...more };

export async function diamond(input: DiamondInput = {}): Promise<unknown[]> {
  const spec = specs(input);
  return dag(async (task) => {
    const orders = task('orders', () => runPod(spec('orders')));
    const refunds = task('refunds', () => runPod(spec('refunds')));
    const ledger = task('ledger', async () =>
      runPod(spec('ledger', { output: [(await orders).output, (await refunds).output] })),
    );
    const charts = task('charts', async () => runPod(spec('charts', { output: (await orders).output })));
    task('lone', () => runPod({ ms: 5 * (input.ms ?? 20) }));
    return (await Promise.all([ledger, charts])).map((result) => result.output);
  }, input);
}

/** `diamond` after a deploy that exchanged two tasks. */
export async function diamondSwapped(input: DiamondInput = {}): Promise<unknown[]> {
  const spec = specs(input);
  return dag(async (task) => {
    const refunds = task('refunds', () => runPod(spec('refunds')));
    const orders = task('orders', () => runPod(spec('orders')));
    const ledger = task('ledger', async () =>
      runPod(spec('ledger', { output: [(await orders).output, (await refunds).output] })),
    );
    const charts = task('charts', async () => runPod(spec('charts', { output: (await orders).output })));
    task('lone', () => runPod({ ms: 5 * (input.ms ?? 20) }));
    return (await Promise.all([ledger, charts])).map((result) => result.output);
  }, input);
}

/** `diamond` after a deploy that added a task. */
export async function diamondWithMore(input: DiamondInput = {}): Promise<unknown[]> {
  const spec = specs(input);
  return dag(async (task) => {
    const orders = task('orders', () => runPod(spec('orders')));
    const refunds = task('refunds', () => runPod(spec('refunds')));
    task('returns', () => runPod(spec('returns')));
    const ledger = task('ledger', async () =>
      runPod(spec('ledger', { output: [(await orders).output, (await refunds).output] })),
    );
    const charts = task('charts', async () => runPod(spec('charts', { output: (await orders).output })));
    task('lone', () => runPod({ ms: 5 * (input.ms ?? 20) }));
    return (await Promise.all([ledger, charts])).map((result) => result.output);
  }, input);
}
