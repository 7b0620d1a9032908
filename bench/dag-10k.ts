/**
 * `node bench/dag-10k.ts [items] [per]`: one DAG that maps 10,000 items, each a task with a pod (a stand-in: no cluster is needed,
 * only Temporal), in chunks of 500. Prints how long it takes and how large the histories get, and fails when a pod is missing or
 * was scheduled twice.
 */
import { dagWorker } from '../test/workflows/support/dag-worker.ts';
import { temporal } from '../test/support/temporal.ts';

const [count = 10_000, per = 500] = process.argv.slice(2).map(Number);
const worker = await dagWorker({ timeout: '2h' });
const server = await temporal();

interface Sizes {
  events: number;
  bytes: number;
  /** Workflow tasks that failed or timed out: somebody's limit was near. */
  troubles: string[];
  pods: string[];
}

async function sizesOf(workflowId: string): Promise<Sizes> {
  const handle = server.client.workflow.getHandle(workflowId);
  const { events = [] } = await handle.fetchHistory();
  const { raw } = await handle.describe();
  return {
    events: events?.length ?? 0,
    bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0),
    troubles: (events ?? []).flatMap((event) => {
      if (event.workflowTaskTimedOutEventAttributes) return 'timed out';
      const failed = event.workflowTaskFailedEventAttributes;
      return failed ? `cause ${failed.cause}: ${failed.failure?.message}` : [];
    }),
    pods: (events ?? []).flatMap((e) => e.activityTaskScheduledEventAttributes?.activityId ?? []),
  };
}

const begin = Date.now();
const run = await worker.start('mapped', { count, map: { per } });
const [sum] = await run.result();
const seconds = (Date.now() - begin) / 1000;

const parent = await sizesOf(run.workflowId);
const ids = Array.from({ length: Math.ceil(count / per) }, (_, at) => `${run.workflowId}/load/${at}`);
const chunks: Sizes[] = [];
for (const id of ids) chunks.push(await sizesOf(id));
const pods = chunks.flatMap((chunk) => chunk.pods);
const largest = (of: (one: Sizes) => number) => Math.max(...chunks.map(of));

const asked = Date.now();
await run.query('graph');
console.log(`items                  ${count} in ${ids.length} chunks of ${per}`);
console.log(`time                   ${seconds.toFixed(1)} s`);
console.log(`pods                   ${pods.length} scheduled, ${new Set(pods).size} different`);
console.log(`parent's history       ${parent.events} events, ${(parent.bytes / 1024).toFixed(0)} KiB`);
console.log(
  `largest of the chunks  ${largest((one) => one.events)} events, ${(largest((one) => one.bytes) / 1024).toFixed(0)} KiB`,
);
const troubles = [parent, ...chunks].flatMap((sizes) => sizes.troubles);
console.log(`workflow tasks failed  ${troubles.length}${troubles.map((one) => `\n  ${one}`).join('')}`);
console.log(`graph of the parent    ${Date.now() - asked} ms`);
await worker.close();
await server.close();

const wrong = pods.length !== count || new Set(pods).size !== count || sum !== count * (count - 1);
if (wrong) console.error('that is wrong: every item has one pod, and its result is counted once');
process.exitCode = wrong ? 1 : 0;
