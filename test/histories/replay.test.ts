/** Recorded runs must replay with the code as it is now: one that does not would be stuck in production after a deploy. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const histories = globSync('*/*.json', { cwd: here('.') }).sort();
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

interface History {
  events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string } } }[];
}
const read = (file: string) => JSON.parse(readFileSync(here(file), 'utf8')) as History;

let bundle: WorkflowBundle;
const replay = (history: unknown) => Worker.runReplayHistory({ workflowBundle: bundle }, history);

suite('replay', () => {
  before(async () => {
    bundle = await bundleWorkflowCode({ workflowsPath: here('variants.ts'), logger });
  });

  test('there are recorded runs of every ending', () => {
    assert.ok(histories.length >= 13, `only ${histories.join(', ')}`);
  });

  for (const file of histories) test(`${file} replays`, () => replay(read(file)));

  for (const variant of ['swapped', 'added'])
    test(`a diamond with tasks ${variant} does not replay`, async () => {
      const history = read('diamond/success.json');
      const started = history.events[0]?.workflowExecutionStartedEventAttributes;
      assert.ok(started);
      started.workflowType.name = variant;
      await assert.rejects(replay(history), DeterminismViolationError);
    });
});
