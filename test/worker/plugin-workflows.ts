/** An author's module, as his own worker has it. */
import { proxyActivities } from '@temporalio/workflow';
import { dag, runPod } from '../../src/workflows/library.ts';

const { shout } = proxyActivities<{ shout(text: string): Promise<string> }>({ startToCloseTimeout: '1m' });

export const greeting = (image: string): Promise<string> =>
  dag(async (task) => {
    const script = `printf '"hello"' > /dev/termination-log`;
    const hello = task('hello', () => runPod<string>({ image, command: ['sh', '-c', script], grace: '3s' }));
    return task('shout', async () => shout((await hello).output));
  });
