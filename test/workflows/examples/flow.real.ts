/** Examples of the flow, with a server: what it keeps fits the code, and children of a run that ends come to an end. The others: flow.test.ts. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { graphQuery } from '../../../src/workflows/dag/index.ts';
import { examplesWorker, type Behaviour, type ExamplesWorker } from '../support/examples-worker.ts';

let worker: ExamplesWorker;
before(async () => (worker = await examplesWorker()));
after(() => worker.close());

suite('branches and maps', { concurrency: 4 }, () => {
  const sideIs =
    (side: string): Behaviour =>
    ({ task }) => ({ output: { check: side, full: 1000, delta: 10, report: `${side} rows` }[task] });

  for (const side of ['full', 'delta'])
    test(`the side '${side}' is taken, the other is not there, and the join awaits what is`, async () => {
      const run = await worker.start('branch', [], sideIs(side));
      assert.equal(await run.result(), `${side} rows`);
      assert.equal(worker.tasksOf(run), `check ${side} report`);
      const { edges } = await run.query(graphQuery);
      assert.deepEqual(
        edges.filter(([, to, kind]) => to === 'report' && kind === 'data'),
        [[side, 'report', 'data']],
      );
    });

  test('of many items, in chunks that are child workflows', async () => {
    const square: Behaviour = ({ spec }) => ({ output: Number(spec.env?.['N']) ** 2 });
    const run = await worker.start('mapMany', [{ count: 10, per: 4 }], square);
    assert.equal(await run.result(), 285);
    const [, node] = (await run.query(graphQuery)).nodes;
    assert.deepEqual([node?.mapped?.done, node?.mapped?.chunks.length], [10, 3]);
  });
});

suite('sub-DAGs', { concurrency: 4 }, () => {
  for (const end of ['cancel', 'terminate'] as const)
    test(`${end === 'cancel' ? 'are cancelled together' : 'of a terminated run come to an orderly end'}`, async () => {
      const run = await worker.start('subDag', [{ regions: ['europe'] }], () => ({
        after: new Promise(() => undefined),
      }));
      await worker.runs(run.workflowId, 'part-1');
      await run[end]();
      await run.result().catch(() => undefined);
      const child = worker.client.workflow.getHandle(`${run.workflowId}/europe`);
      await child.result().catch(() => undefined);
      assert.equal((await child.describe()).status.name, 'CANCELLED');
      assert.deepEqual(new Set(worker.podsOf(run.workflowId).map(({ state }) => state)), new Set(['cancelled']));
    });
});

suite('replay', () => {
  test('every history of these tests fits the code', async () => assert.deepEqual(await worker.replayAll(), []));
});
