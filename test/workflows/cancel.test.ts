/** What a cancelled run asks of the workers that its pods go. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DeletePodInput } from '../../src/contract/index.ts';
import { Sandbox, Simulation, type Outside } from '../../src/simulation/index.ts';
import { workerBundle } from '../../src/worker/bundle.ts';

const path = fileURLToPath(new URL('support/rule-workflows.ts', import.meta.url));
let sandbox: Sandbox;
before(async () => (sandbox = new Sandbox((await workerBundle({ path, from: path }, {})).code, path)));

test('a run that is cancelled has all of its pods deleted in one call, that of a failed one not', async () => {
  const deletions: DeletePodInput[] = [];
  const outside: Outside = {
    activity({ activityType, activityId, args }) {
      if (activityType === 'deletePod') deletions.push(args[0] as DeletePodInput);
      if (activityType !== 'runPod') return { after: 0, end: { result: { gone: true } } };
      if (activityId === 'c-1') return { after: 0, end: { failure: new Error('refused') } };
      return {
        after: Infinity,
        end: { result: undefined },
        onCancel: () => ({ after: 0, end: { cancelled: [{ cleanup: { gone: true } }] } }),
      };
    },
  };
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, mayFail: true }));
  const run = new Simulation(sandbox, outside, { workflowType: 'rule', workflowId: 'w', args: [tasks], now: 0 });
  await run.settle();
  while (run.next()) await run.settle();
  run.cancel(run.root);
  do await run.settle();
  while (run.next());
  assert.equal(run.root.end?.kind, 'cancelled');
  const others = ['b', 'd', 'e'].map((task) => ({ activityId: `${task}-1`, task }));
  assert.deepEqual(
    deletions.filter(({ mode }) => mode === 'hurry'),
    [{ activityId: 'a-1', task: 'a', mode: 'hurry', others }],
  );
  await run.dispose();
});
