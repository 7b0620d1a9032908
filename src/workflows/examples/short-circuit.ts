import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * `ShortCircuitOperator`: a `return`. What was created before goes on to its end (`audit`); what stands behind it is never
 * created, and the run has succeeded.
 */
export async function shortCircuit({ image = 'busybox:1.37', orders = 0 } = {}): Promise<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script], env: { ORDERS: String(orders) } });
  return dag(async (task) => {
    task('audit', () => runPod(sh('echo seen')));
    const count = task('count', () => runPod<number>(sh('echo "$ORDERS" > /dev/termination-log')));
    if ((await count).output === 0) return 'nothing to do';
    await task('load', () => runPod(sh('echo loading')));
    return 'loaded';
  });
}
