/** Random DAGs against a model of a few lines: which tasks end how, and which failures fail the run. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { graphQuery } from '../../src/workflows/dag/index.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import type { RandomTask } from './support/random-workflow.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

/** Each task waits for some of those before it. */
const tasks: fc.Arbitrary<RandomTask[]> = fc
  .array(fc.record({ picks: fc.array(fc.nat(), { maxLength: 3 }), fails: fc.boolean(), catches: fc.boolean() }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((drafts) =>
    drafts.map(({ picks, fails, catches }, at) => ({
      after: at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))],
      fails,
      catches,
    })),
  );

type State = 'done' | 'failed' | 'upstream';

function model(all: readonly RandomTask[]): { states: State[]; blamed: string[] } {
  const states: State[] = [];
  for (const { after: sources, fails, catches } of all) {
    const stopped = !catches && sources.some((source) => states[source] !== 'done');
    states.push(stopped ? 'upstream' : fails ? 'failed' : 'done');
  }
  const survived = (at: number): boolean => {
    const hearers = all.flatMap((task, hearer) => (task.after.includes(at) ? hearer : []));
    return hearers.length > 0 && hearers.every((hearer) => states[hearer] === 'done' || survived(hearer));
  };
  const blamed = states.flatMap((state, at) => (state === 'failed' && !survived(at) ? `t${at}` : []));
  return { states, blamed };
}

test('every DAG settles, with the states, the failures and the edges of the model', async () => {
  await fc.assert(
    fc.asyncProperty(tasks, fc.integer({ min: 1, max: 4 }), async (all, maxParallel) => {
      const expected = model(all);
      const handle = await worker.start('randomDag', { tasks: all, maxParallel });
      const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
      const failure = error instanceof WorkflowFailedError ? (error.cause as ApplicationFailure) : undefined;
      const blamed = (failure?.details ?? []) as { task: string }[];
      const { nodes, edges } = await handle.query(graphQuery);
      assert.deepEqual(
        nodes.slice(1).map((node) => node.state),
        expected.states,
      );
      assert.deepEqual(
        blamed.map(({ task }) => task),
        expected.blamed,
      );
      assert.deepEqual(
        edges.map(([from, to]) => `${from} → ${to}`).sort(),
        all.flatMap((task, at) => task.after.map((source) => `t${source} → t${at}`)).sort(),
      );
      assert.ok(worker.pods(handle.workflowId).mostRunning <= maxParallel);
    }),
    { numRuns: 20 },
  );
  assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
});
