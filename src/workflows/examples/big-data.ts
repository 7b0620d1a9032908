import type { PodSpec } from '../../contract/index.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * XCom with a custom backend: pods hand over an address, and the data stays where it belongs, here on a volume that they
 * share. A result is for what the DAG itself decides by: a path, a count.
 */
export async function bigData({ image = 'busybox:1.37', claim = 'scratch', day = '2026-11-25' } = {}): Promise<number> {
  const sh = (script: string, env: Record<string, string>): PodSpec => ({
    image,
    command: ['sh', '-c', script],
    env,
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  });
  const path = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
  return dag(async (task) => {
    const extract = task('extract', () =>
      runPod<{ path: string }>({
        ...sh('seq 1000000 > /data/$DAY.txt; echo "{\\"path\\":\\"/data/$DAY.txt\\"}" > /dev/termination-log', {
          DAY: day,
        }),
        result: { from: 'terminationMessage', required: true, schema: path },
      }),
    );
    const count = task('count', async () =>
      runPod<number>(sh('wc -l < "$FILE" > /dev/termination-log', { FILE: (await extract).output.path })),
    );
    return (await count).output;
  });
}
