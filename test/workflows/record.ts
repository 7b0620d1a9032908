/**
 * `node test/workflows/record.ts [name…]`: runs DAGs with stub pods and writes their histories to histories/, for
 * dag-histories.test.ts. Record anew what you mean to change; a history that fails to replay otherwise is a run in production
 * that would be stuck.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  cancelTask,
  extendHold,
  failTask,
  pausePods,
  resumePods,
  retryTask,
  skipTask,
} from '../../src/workflows/dag/index.ts';
import { temporal } from '../support/temporal.ts';
import { reaches } from './support/asking.ts';
import { dagWorker } from './support/dag-worker.ts';

const worker = await dagWorker();
const server = await temporal();

const HELD = 'bad:held needs:waiting catches:waiting settled:waiting lone:done';
const held = async () => {
  const run = await worker.start('controlled', { hold: '1h' });
  await reaches(run, HELD);
  return run;
};
const running = async () => {
  const run = await worker.start('diamond', { ms: 300, hold: '1h' });
  await reaches(run, 'orders:running refunds:running ledger:waiting charts:waiting lone:running');
  return run;
};
const mapped = () => worker.start('mapped', { count: 4, map: { per: 2 }, fails: [3] });

const scenarios: Record<string, () => Promise<WorkflowHandle>> = {
  'retry-with-a-change': async () => {
    const run = await held();
    await run.executeUpdate(retryTask, { args: ['bad', { spec: { fail: null, output: 'mended' } }] });
    return run;
  },
  'retry-of-run-pod': async () => {
    const run = await worker.start('outOfMemory');
    await reaches(run, 'hungry:held');
    await run.executeUpdate(retryTask, { args: ['hungry', { spec: { resources: { limits: { memory: '2Gi' } } } }] });
    return run;
  },
  'skip-with-a-value': async () => {
    const run = await held();
    await run.executeUpdate(skipTask, { args: ['bad', { value: { output: 'given' } }] });
    return run;
  },
  skip: async () => {
    const run = await held();
    await run.executeUpdate(skipTask, { args: ['bad'] });
    return run;
  },
  fail: async () => {
    const run = await held();
    await run.executeUpdate(failTask, { args: ['bad'] });
    return run;
  },
  'hold-extended': async () => {
    const run = await worker.start('controlled', { hold: '5s' });
    await reaches(run, HELD);
    await run.executeUpdate(extendHold, { args: ['bad', { by: 100 }] });
    await run.executeUpdate(extendHold, { args: ['bad', { by: 200 }] });
    return run;
  },
  rerun: async () => {
    const key = 'rerun';
    worker.broken.add(`${key} ledger`);
    const first = await worker.start('books', { key });
    await first.result().catch(() => undefined);
    worker.broken.delete(`${key} ledger`);
    return worker.rerun('books', first, { key });
  },
  'rerun-of-a-map': async () => {
    const key = 'map';
    const first = await worker.start('mapReport', { key });
    await first.result();
    return worker.rerun('mapReport', first, { key });
  },
  'a-chunk-that-is-reused': async () => {
    const run = await scenarios['rerun-of-a-map']!();
    await run.result();
    return server.client.workflow.getHandle(`${run.workflowId}/load/1`);
  },
  'held-until-its-time': () => worker.start('controlled', { hold: 300 }),
  'cancelled-while-held': async () => {
    const run = await held();
    await run.cancel();
    return run;
  },
  'one-task-cancelled': async () => {
    const run = await running();
    await run.executeUpdate(cancelTask, { args: ['orders'] });
    return run;
  },
  'pods-paused-and-resumed': async () => {
    const run = await running();
    await run.executeUpdate(pausePods);
    await reaches(run, 'orders:done refunds:done ledger:queued charts:queued lone:done');
    await run.executeUpdate(resumePods);
    return run;
  },
  'a-next-try-at-the-gate': () => worker.start('triesAndOthers'),
  'a-chunk-that-is-stopped': async () => {
    const run = await worker.start('mapAndFatal', 2_000);
    await reaches(run, 'load:running fatal:held');
    await run.executeUpdate(failTask, { args: ['fatal'] });
    await run.result().catch(() => undefined);
    return server.client.workflow.getHandle(`${run.workflowId}/load/0`);
  },
  stop: () => worker.start('onFailureCase', { onFailure: 'stop' }),
  'cancel-the-rest': () => worker.start('onFailureCase', { onFailure: 'cancel' }),
  'map-with-a-failure': mapped,
  'a-chunk-that-fails': async () => {
    const run = await mapped();
    await run.result().catch(() => undefined);
    return server.client.workflow.getHandle(`${run.workflowId}/load/1`);
  },
  '2000-tasks': () => worker.start('wide', 2000),
};

const asked = process.argv.slice(2);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const run = await scenario();
  await run.result().catch(() => undefined);
  const file = fileURLToPath(new URL(`histories/${name}.json`, import.meta.url));
  mkdirSync(fileURLToPath(new URL('histories', import.meta.url)), { recursive: true });
  writeFileSync(file, `${scrub(historyToJSON(await run.fetchHistory()))}\n`);
  console.log(`${name}: ${(await run.describe()).status.name}`);
}
await worker.close();
await server.close();

/** A history is committed: nothing of this machine stays in it. */
function scrub(history: string): string {
  return JSON.stringify(
    JSON.parse(history),
    (key, value: unknown) => {
      if (key === 'identity') return 'worker';
      if (key === 'stackTrace') return '';
      return value;
    },
    1,
  );
}
