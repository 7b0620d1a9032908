/** What no author's test would wait for: a workflow that does not come to its end. The rest is told by test/testing. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Sandbox, Simulation, type Outside } from '../../src/simulation/index.ts';
import { workerBundle } from '../../src/worker/bundle.ts';

const path = fileURLToPath(new URL('../testing/workflows.ts', import.meta.url));
let sandbox: Sandbox;
before(async () => (sandbox = new Sandbox((await workerBundle({ path, from: path }, {})).code, path)));

const nobody: Outside = { activity: ({ activityType }) => assert.fail(activityType) };
const begin = (workflowType: string) =>
  new Simulation(sandbox, nobody, { workflowType, workflowId: 'w', args: [], now: 0, mostSteps: 50 });

suite('a workflow without a server', () => {
  test('one that goes on for ever is stopped', async () => {
    const simulation = begin('busy');
    await assert.rejects(
      async () => {
        do await simulation.settle();
        while (simulation.next());
      },
      {
        name: 'SimulationError',
        message: "workflow 'busy' goes on for ever: 50 steps, until 1970-01-01T00:50:00.000Z",
      },
    );
    await simulation.dispose();
  });

  test('a rejection that the code left alone fails its workflow task, as in a worker', async () => {
    const simulation = begin('careless');
    await assert.rejects(simulation.settle(), /'careless' throws what does not fail the run.*nobody catches this/);
    await simulation.dispose();
  });

  test('one that is done can be asked, and nothing passes any more', async () => {
    const simulation = begin('approval');
    await simulation.settle();
    simulation.cancel(simulation.root);
    await simulation.settle();
    assert.equal(simulation.root.end?.kind, 'cancelled');
    assert.deepEqual(await simulation.query(simulation.root, 'notes'), []);
    await assert.rejects(simulation.query(simulation.root, 'nothing'), /nothing/);
    assert.equal(simulation.next(), false);
    await simulation.dispose();
  });
});
