/** The project's own workflows, one whose tasks are held when they fail, and one without tasks. */
import { sleep } from '@temporalio/workflow';
import { dag } from '../../src/workflows/dag/index.ts';
import { runPod } from '../../src/workflows/run-pod.ts';
import type { PodSpec } from '../../src/contract/index.ts';

export * from '../../src/workflows/index.ts';

/** `load` has this pod; `report` waits for it, and `long` for nothing. */
export const heldDag = ({ load, longMs = '0' }: { load: PodSpec; longMs?: string }): Promise<unknown> =>
  dag(
    async (task) => {
      const loaded = task('load', () => runPod<string>(load));
      task('long', () => runPod({ image: 'x', env: { MS: longMs } }), { hold: false });
      return task('report', async () => (await loaded).output);
    },
    { hold: '1h' },
  );

export const noDag = (): Promise<void> => sleep('1h');
