/**
 * `npm run record`: runs the workflows on real pods and writes their histories here, for the replay tests. Record anew what you
 * mean to change; a history that fails to replay otherwise is a run in production that would be stuck.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { endDebug } from '../../src/workflows/keep-for-debug.ts';
import { keyOf, MANAGED_SELECTOR, refOf } from '../../src/pod/identity.ts';
import { ownWorker } from '../support/own-worker.ts';
import { eventually, keptForDebug, isRunning, real, type Lane } from '../support/real.ts';

const world = await real();
const csv = readFileSync(new URL('../../demo/orders.csv', import.meta.url), 'utf8');
const { shell, images } = world;

const scenarios: Record<string, (lane: Lane) => Promise<WorkflowHandle>> = {
  'hello/success': async (lane) => {
    await lane.worker();
    return lane.startWorkflow('hello', { image: images.python });
  },
  'hello/invalid-argument': async (lane) => {
    await lane.worker();
    return lane.startWorkflow('hello', { image: 3 });
  },
  'diamond/success': async (lane) => {
    await lane.worker();
    return lane.startWorkflow('diamond', { image: images.python, csv });
  },
  /** Its pods are removed beside what comes next, and seen to be gone in one call at its end. */
  'diamond/removed-beside': async (lane) => {
    await lane.worker();
    return lane.startWorkflow('diamond', { image: images.python, csv });
  },
  'diamond/failure': async (lane) => {
    await lane.worker();
    return lane.startWorkflow('diamond', { image: images.python, csv: 'region,product,amount\nnorth,tea,much' });
  },
  'pod/failure': async (lane) => {
    await lane.worker();
    return lane.start(shell('echo broken; exit 3'));
  },
  'pod/bad-spec': async (lane) => {
    await lane.worker();
    return lane.start({ image: 'no spaces' });
  },
  'pod/two-tries': async (lane) => {
    await lane.worker();
    return lane.start(shell('exit 1', { retries: 1 }));
  },
  'pod/cancelled': async (lane) => {
    await lane.worker();
    const run = await lane.start(shell('echo begun; sleep 600'));
    await lane.printed(run, 'begun');
    await run.cancel();
    return run;
  },
  'pod/cancelled-while-waiting-for-a-slot': async (lane) => {
    await lane.worker({ maxPods: 1 });
    const holder = await lane.start(shell('echo begun; sleep 600'));
    await lane.printed(holder, 'begun');
    const run = await lane.start(shell('true'));
    await eventually('the activity to wait', async () => (await run.describe()).raw.pendingActivities?.[0]);
    await run.cancel();
    await run.result().catch(() => undefined);
    await holder.cancel();
    await holder.result().catch(() => undefined);
    return run;
  },
  'pod/kept': async (lane) => {
    await lane.worker();
    return lane.start(shell('exit 3', { onFinish: 'keepFailed' }));
  },
  'pod/kept-for-debug': async (lane) => {
    await lane.worker();
    const run = await lane.start(shell('exit 3', { keepForDebug: '10m' }));
    await keptForDebug(run);
    await run.signal(endDebug, 'main');
    return run;
  },
  'pod/relaunched': async (lane) => {
    await lane.worker();
    const script = 'echo begun; [ "$TEMPORAL_PODS_POD" = main-1 ] && sleep 600; true';
    const run = await lane.start(shell(script, { idempotent: true }));
    const pod = await lane.podOf(run, isRunning);
    await world.cluster.deletePod(refOf(pod), 1);
    return run;
  },
  'growing/more-memory': async (lane) => {
    const path = fileURLToPath(new URL('variants.ts', import.meta.url));
    const stop = await ownWorker(world, lane.taskQueue, path);
    const limits = { memory: '24Mi' };
    const run = await lane.startWorkflow(
      'growing',
      shell('head -c 40m /dev/zero | tail | wc -c', { resources: { limits }, retries: { count: 1, delay: '1s' } }),
    );
    await run.result();
    await stop();
    return run;
  },
  'pod/worker-killed': async (lane) => {
    const first = await lane.worker();
    const run = await lane.start(shell('echo begun; sleep 5'));
    await lane.podOf(run, isRunning);
    await first.kill('SIGKILL');
    await lane.worker();
    return run;
  },
};

const asked = process.argv.slice(2);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const run = await scenario(world.lane(name.replace('/', '-')));
  await run.result().catch(() => undefined);
  const file = fileURLToPath(new URL(`${name}.json`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${scrub(historyToJSON(await run.fetchHistory()))}\n`);
  console.log(`${name}: ${(await run.describe()).status.name}`);
  // What was kept has served.
  const { items } = await world.cluster.listPods(world.namespace, MANAGED_SELECTOR);
  for (const pod of items) if (keyOf(pod)?.workflowId === run.workflowId) await world.cluster.deletePod(refOf(pod), 1);
}
await world.close();

/** A history is committed: nothing of this machine stays in it. */
function scrub(history: string): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const plain = (text: string) =>
    text
      .replaceAll(world.logRoot, '/logs')
      .replaceAll(root, '')
      .replaceAll(/file:\/\/(?!\/logs)[^\s"\\)]*\//g, '');
  const isPayload = (key: string, value: unknown): value is string => key === 'data' && typeof value === 'string';
  return JSON.stringify(
    JSON.parse(history),
    (key, value: unknown) => {
      if (isPayload(key, value)) return Buffer.from(plain(Buffer.from(value, 'base64').toString())).toString('base64');
      if (key === 'identity') return 'worker';
      return typeof value === 'string' ? plain(value) : value;
    },
    1,
  );
}
