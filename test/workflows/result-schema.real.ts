/** A schema library in the workflow sandbox, and results as large as they may be, on a real Temporal with stub activities. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import { MAX_RESULT_BYTES } from '../../src/contract/defaults.ts';
import { schemaFaults, schemaProblems } from '../../src/json-schema/schema.ts';
import type { PodResult, PodSpec, RunPodInput } from '../../src/contract/index.ts';
import { temporal, type Temporal } from '../support/temporal.ts';

let server: Temporal;
let workflowBundle: WorkflowBundle;
before(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  server = await temporal();
  const workflowsPath = fileURLToPath(new URL('support/typed-workflows.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});
after(() => server.close());

/** Runs the workflow with pods that leave this, and tells which specs the activity was given. */
async function play(workflow: string, spec: PodSpec, output: unknown) {
  const { client, nativeConnection: connection, namespace } = server;
  const taskQueue = `typed-${randomUUID()}`;
  const specs: PodSpec[] = [];
  const runPod = async (input: RunPodInput): Promise<PodResult> => {
    specs.push(input.spec);
    const pod = { namespace: 'n', name: 'x', uid: 'u' };
    const logs = { uri: '', lines: 0, bytes: 0, gaps: 0, tail: '' };
    return { outcome: 'Succeeded', exitCode: 0, output, pod, times: {}, logs, cleanup: { gone: true } };
  };
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities: { runPod } });
  const result = await worker.runUntil(
    client.workflow
      .execute(workflow, { taskQueue, workflowId: taskQueue, args: [spec], workflowExecutionTimeout: '60s' })
      .then(
        (value: unknown) => value as PodResult,
        (error: unknown) => error,
      ),
  );
  return { result, specs, handle: client.workflow.getHandle(taskQueue) };
}

suite('a result with a schema, in the workflow', { concurrency: 3, timeout: 120_000 }, () => {
  test('the sandbox makes a JSON Schema of zod’s, which the activity can use, and replay makes the same', async () => {
    const { result, specs, handle } = await play('typed', { image: 'etl:3', result: { from: 'log' } }, { rows: 3 });
    assert.deepEqual((result as PodResult).output, { rows: 3 });
    const { from, schema = {} } = specs[0]?.result ?? {};
    assert.equal(from, 'log');
    assert.deepEqual(schemaProblems(schema), []);
    assert.deepEqual(schemaFaults(schema, { rows: 3, by: { a: 1 } }), []);
    assert.deepEqual(schemaFaults(schema, { rows: -1 }), ['rows: must be at least 0, got -1']);
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory());
  });

  test('without a source of its own, the result is the termination message', async () => {
    const { specs } = await play('typed', { image: 'etl:3' }, { rows: 3 });
    assert.equal(specs[0]?.result?.from, 'terminationMessage');
  });

  test('a schema that JSON Schema has no words for fails the run at once, with its name', async () => {
    const { result, specs } = await play('untellable', { image: 'etl:3' }, {});
    assert.ok(result instanceof WorkflowFailedError);
    let cause: unknown = result;
    while (cause instanceof Error && !(cause instanceof ApplicationFailure && cause.type === 'InvalidSpec'))
      cause = cause.cause;
    assert.match(String(cause), /output: no JSON Schema can be made of it: .*Date/);
    assert.equal(specs.length, 0);
  });

  test('Temporal carries a result of 1 MiB beside a long spec, twice in a run, and gives it back whole', async () => {
    const output = 'x'.repeat(MAX_RESULT_BYTES - 2);
    const { result, specs } = await play('twice', { image: 'etl:3', env: { LONG: 'y'.repeat(200_000) } }, output);
    assert.equal((result as PodResult).output, output);
    assert.deepEqual(specs[1]?.env, { BYTES: String(MAX_RESULT_BYTES) });
  });
});
