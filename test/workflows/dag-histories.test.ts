/** Recorded DAGs, of every control and every ending, must replay with the code as it is now. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const histories = globSync('*.json', { cwd: here('histories') }).sort();
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

interface History {
  events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string }; workflowId: string } }[];
}
const read = (file: string) => JSON.parse(readFileSync(here(`histories/${file}`), 'utf8')) as History;

suite('replay', () => {
  let workflowBundle: WorkflowBundle;
  before(async () => {
    workflowBundle = await bundleWorkflowCode({ workflowsPath: here('support/index.ts'), logger });
  });

  test('there are recorded runs of every control', () => {
    assert.ok(histories.length >= 14, `only ${histories.join(', ')}`);
  });

  // The ids of children begin with their parent's, which a replay otherwise does not know.
  const replay = (history: History) =>
    Worker.runReplayHistory(
      { workflowBundle },
      history,
      history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId,
    );

  for (const file of histories) test(`${file} replays`, () => replay(read(file)));

  test('pods-paused-and-resumed.json does not, when two of its tasks have changed places', async () => {
    const history = read('pods-paused-and-resumed.json');
    history.events[0]!.workflowExecutionStartedEventAttributes!.workflowType.name = 'diamondSwapped';
    await assert.rejects(replay(history), DeterminismViolationError);
  });
});
