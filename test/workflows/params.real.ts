/** Parameters with a schema as the workflow itself checks them, on a real Temporal: whoever started it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { temporal, type Temporal } from '../support/temporal.ts';
import { replayProblems } from './support/replay.ts';

let server: Temporal;
let workflowBundle: WorkflowBundle;
before(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  server = await temporal();
  const workflowsPath = fileURLToPath(new URL('support/params-workflows.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});
after(() => server.close());

/** The result, or the failure of the run: a workflow task that fails again and again would run into the time limit. */
async function play(workflow: string, ...args: unknown[]) {
  const { client, nativeConnection: connection, namespace } = server;
  const taskQueue = `params-${randomUUID()}`;
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle });
  const options = { taskQueue, workflowId: taskQueue, args, workflowExecutionTimeout: '60s' } as const;
  const end: unknown = await worker.runUntil(
    client.workflow.execute(workflow, options).catch((error: unknown) => {
      assert.ok(error instanceof WorkflowFailedError, String(error));
      return error.cause;
    }),
  );
  return { end, handle: client.workflow.getHandle(taskQueue) };
}

const refused = async (workflow: string, ...args: unknown[]) => {
  const { end } = await play(workflow, ...args);
  assert.ok(end instanceof ApplicationFailure, String(end));
  assert.deepEqual([end.type, end.nonRetryable], ['InvalidArgument', true]);
  return end.message;
};

suite('parameters in the workflow', { concurrency: 3, timeout: 120_000 }, () => {
  test('the workflow gets what was given, with the defaults', async () => {
    const { end, handle } = await play('nightly', { day: '2026-11-01' });
    assert.deepEqual(end, { day: '2026-11-01', retries: 2 });
    assert.deepEqual(await replayProblems(workflowBundle, [handle]), []);
  });

  test('a wrong one fails the run, naming field and value', async () => {
    assert.equal(
      await refused('nightly', { day: 'yesterday', retries: -1, retrys: 3 }),
      "the parameters of 'nightly' are not valid:\n" +
        '  day: is not a valid ISO date, got "yesterday"\n' +
        '  retries: must be >=0, got -1\n' +
        "  retrys: there is no such parameter, got 3; did you mean 'retries'?",
    );
  });

  for (const [law, args, says] of [
    ['no argument at all', [], /day: must be a string, got nothing/],
    ['null', [null], /day: must be a string, got nothing/],
    ['something else than an object', ['2026-11-01'], /the parameters: must be an object, got "2026-11-01"/],
  ] as const)
    test(`${law} fails the run`, async () => assert.match(await refused('nightly', ...args), says));

  test('a check that throws fails the run too', async () => {
    assert.match(await refused('broken', { day: 'x' }), /the parameters: cannot be checked: the author’s own bug/);
  });

  test('a workflow with parameters can be a child', async () => {
    const { end } = await play('parent');
    assert.deepEqual(end, { day: '2026-11-01', retries: 2 });
  });
});
