/** A rerun on real pods: what is done is not done again, and its log and result are those of the pod that did it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type PodResult, type PodSpec, RERUN_MEMO } from '../../src/contract/index.ts';
import { podFolders } from '../../src/logs/index.ts';
import { ownWorker } from '../support/own-worker.ts';
import { type Lane, real, type Real } from '../support/real.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
let world: Real;
let lane: Lane;
let stop: () => Promise<void>;
before(async () => {
  world = await real();
  lane = world.lane('rerun');
  stop = await ownWorker(world, lane.taskQueue, fileURLToPath(new URL('two-steps.ts', import.meta.url)));
});
after(async () => {
  const left = await world.left();
  await stop();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const first = () => world.shell(`echo working; echo '{"rows": 3}' > /dev/termination-log`);
const last = (script: string) => world.shell(script);

test(
  'a DAG fails in its last task; its rerun runs that one only, with what the first had left',
  { timeout: 180_000 },
  async () => {
    const failed = await lane.startWorkflow('twoSteps', { first: first(), last: last('exit 3') });
    await assert.rejects(failed.result());
    const { runId } = await failed.describe();
    const earlier = { workflowId: failed.workflowId, runId };
    assert.deepEqual(await lane.lines(failed), ['working']);

    const script = 'echo "$INPUT"; echo "$INPUT" > /dev/termination-log';
    const results = await rerun(`${failed.workflowId}-again`, { first: first(), last: last(script) }, earlier);
    assert.deepEqual(
      results.map(({ reused, output }) => [reused, output]),
      [
        [earlier, { rows: 3 }],
        [undefined, { rows: 3 }],
      ],
    );
    assert.match(results[0]!.logs.uri, new RegExp(failed.workflowId));
    // A pod has a folder for its log.
    const again = { workflowId: `${failed.workflowId}-again`, runId: results[1]!.logs.uri.split('/').at(-3)! };
    assert.deepEqual(
      (await podFolders(world.logRoot, again)).map(({ activityId }) => activityId),
      ['last-1'],
    );

    const [changed] = await rerun(
      `${failed.workflowId}-changed`,
      { first: world.shell('true'), last: last(script) },
      earlier,
    );
    assert.equal(changed?.reused, undefined);
  },
);

async function rerun(
  workflowId: string,
  input: { first: PodSpec; last: PodSpec },
  earlier: object,
): Promise<PodResult[]> {
  const run = await world.temporal.client.workflow.start('twoSteps', {
    workflowId,
    taskQueue: lane.taskQueue,
    args: [input],
    memo: { [RERUN_MEMO]: earlier },
  });
  return (await run.result()) as PodResult[];
}
