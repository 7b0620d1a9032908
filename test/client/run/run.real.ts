/** The client as a process, against a real Temporal; the pods are pretended. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter } from '@temporalio/common';
import { stubWorker, type StubWorker } from '../stub-worker.ts';

const spec = (args: string[], env: Record<string, string> = {}) => JSON.stringify({ image: 'x', args, env });
const RED = '\u001b[31mred\u001b[0m';

suite('the client', { concurrency: 2, timeout: 300_000 }, () => {
  let stub: StubWorker;
  before(async () => (stub = await stubWorker('./stub-workflows.ts')));
  after(() => stub.close());

  test('run prints every log line, the result, and ends with 0', async () => {
    const { code, out, err } = await stub.client(['run', 'pod', spec(['one', RED], { OUTPUT: 'x' })]).ended;
    assert.equal(code, 0, err);
    const [first, second, ...result] = out.split('\n');
    assert.equal(first, 'main │ one');
    assert.equal(second, `main │ ${RED}`, 'bytes stay as they came when stdout is no terminal');
    assert.equal((JSON.parse(result.join('\n')) as { output: string }).output, 'x');
    assert.match(err, /^started pod-[0-9a-f]{8}\n/);
    assert.match(err, /^main: done/m);
  });

  test('lines appear while the pod runs', async () => {
    const run = stub.client(['run', 'pod', spec(['early'], { MS: '4000' })]);
    await run.says(/main │ early\n/);
    await run.says(/main: running in main-pod on node-1\n/);
    assert.equal(run.child.exitCode, null);
    assert.equal((await run.ended).code, 0);
  });

  test('run of a failing pod ends with 1, and says what, why and what to do', async () => {
    const { code, out, err } = await stub.client(['run', 'pod', spec(['line'], { EXIT: '3' })]).ended;
    assert.equal(code, 1, err);
    assert.match(
      out,
      /failed: pod-\S+: 1 of 1 tasks failed: main\n {2}main: ContainerFailed\n {4}pod n\/main-pod: ended with exit code 3\n/,
    );
    assert.doesNotMatch(out + err, /\[object Object\]|^\s+at /m);
  });

  test('-o json: one document on stdout, for a result and for a failure', async () => {
    const good = await stub.client(['run', 'pod', spec(['line'], { OUTPUT: 'x' }), '-o', 'json']).ended;
    assert.equal((JSON.parse(good.out) as { output: string }).output, 'x');
    assert.match(good.err, /^main │ line$/m);
    const bad = await stub.client(['run', 'pod', spec([], { EXIT: '3' }), '-o', 'json']).ended;
    const document = JSON.parse(bad.out) as {
      status: string;
      type: string;
      cause: { type: string; details: unknown[] };
    };
    assert.deepEqual(
      [bad.code, document.status, document.type, document.cause.type],
      [1, 'failed', 'DagFailed', 'ContainerFailed'],
    );
    assert.equal(document.cause.details.length, 1);
  });

  test('Ctrl-C cancels, prints what the pod says last, and waits until it is gone', async () => {
    const run = stub.client(['run', 'pod', spec(['up'], { MS: '60000' }), '--id', `${stub.taskQueue}-cancel`]);
    await run.says(/main │ up/);
    run.child.kill('SIGINT');
    // As npm passes on what the terminal has told already.
    run.child.kill('SIGINT');
    const { code, out, err } = await run.ended;
    assert.equal(code, 1, err);
    assert.match(err, /cancelling .*Ctrl-C again/);
    assert.match(out, /main │ stopped\ncancelled: /);
    const { status } = await stub.temporal.client.workflow.getHandle(`${stub.taskQueue}-cancel`).describe();
    assert.equal(status.name, 'CANCELLED');
  });

  test('a second Ctrl-C leaves at once, and the run goes on being cancelled', async () => {
    const run = stub.client(['run', 'pod', spec(['up'], { MS: '60000' }), '--id', `${stub.taskQueue}-left`]);
    await run.says(/main │ up/);
    run.child.kill('SIGINT');
    await run.says(/cancelling/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    run.child.kill('SIGINT');
    const { code, out, err } = await run.ended;
    assert.equal(code, 130, err);
    assert.match(err, /left .*-left; it goes on being cancelled without you\n {2}look at it: /);
    assert.doesNotMatch(out, /stopped/);
    await assert.rejects(stub.temporal.client.workflow.getHandle(`${stub.taskQueue}-left`).result(), /cancel/i);
  });

  test('a client that is killed changes nothing in the run', async () => {
    const run = stub.client([
      'run',
      'pod',
      spec(['up'], { MS: '3000', OUTPUT: 'x' }),
      '--id',
      `${stub.taskQueue}-killed`,
    ]);
    await run.says(/main │ up/);
    run.child.kill('SIGKILL');
    const result = (await stub.temporal.client.workflow.getHandle(`${stub.taskQueue}-killed`).result()) as {
      output: string;
    };
    assert.equal(result.output, 'x');
  });

  test('start only starts: the id on stdout, and the run goes to its end', async () => {
    const { code, out, err } = await stub.client(['start', 'pod', '-'], { stdin: 'image: x\nenv: {OUTPUT: y}' }).ended;
    assert.equal(code, 0, err);
    const result = (await stub.temporal.client.workflow.getHandle(out.trim()).result()) as { output: string };
    assert.equal(result.output, 'y');
  });

  test('defaults of parameters stand in the history', async () => {
    const id = `${stub.taskQueue}-defaults`;
    await stub.client(['start', 'hello', '--id', id]).ended;
    const { events } = await stub.temporal.client.workflow.getHandle(id).fetchHistory();
    const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    assert.deepEqual(defaultPayloadConverter.fromPayload(input!), { image: 'python:3.12-slim' });
  });

  test('an id that runs already is usage, and names it', async () => {
    const id = `${stub.taskQueue}-twice`;
    await stub.client(['start', 'pod', spec([], { MS: '600000' }), '--id', id]).ended;
    const { code, err } = await stub.client(['run', 'pod', spec([]), '--id', id]).ended;
    await stub.temporal.client.workflow.getHandle(id).cancel();
    assert.equal(code, 2, err);
    assert.match(err, new RegExp(`'${id}' is running already; nothing was started\n {2}look at it: `));
  });

  test('a terminated run is told as such, with the reason', async () => {
    const id = `${stub.taskQueue}-terminated`;
    const run = stub.client(['run', 'pod', spec(['up'], { MS: '60000' }), '--id', id]);
    await run.says(/main │ up/);
    await stub.temporal.client.workflow.getHandle(id).terminate('enough of it');
    const { code, out } = await run.ended;
    assert.equal(code, 1);
    assert.match(out, /terminated: .*\n {2}enough of it/);
  });

  test('logs on another machine: where they are, and their last lines', async () => {
    const { code, out, err } = await stub.client(['run', 'pod', spec(['far', 'away'])], { elsewhere: true }).ended;
    assert.equal(code, 0);
    assert.match(err, /main: its log \(2 lines\) is not on this machine but at file:.*; the last lines:/);
    assert.match(out, /^main │ far\nmain │ away\n/);
  });

  test('code that throws is told, not waited for in silence', async () => {
    const id = `${stub.taskQueue}-stuck`;
    const run = stub.client(['run', 'pod', '[]', '--id', id]);
    const { code } = await run.ended;
    assert.equal(code, 2, 'a list is no spec');
    // The input is no object, and its code does not expect that.
    const stuck = stub.client(['run', 'sweep', 'null', '--id', id]);
    await stuck.says(/the workflow's code failed.*\n.*null.*\n.*temporal workflow terminate/);
    await stub.temporal.client.workflow.getHandle(id).terminate();
    assert.equal((await stuck.ended).code, 1);
  });

  test('no worker: it says so once, and goes on waiting', async () => {
    const id = `${stub.taskQueue}-alone`;
    const run = stub.client(['run', 'hello', '--id', id], {
      env: { TEMPORAL_PODS_TASK_QUEUE: `${stub.taskQueue}-none` },
    });
    await run.says(/no worker polls task queue '.*-none'; start one with `npm run worker`/);
    await stub.temporal.client.workflow.getHandle(id).terminate();
    const { code, err } = await run.ended;
    assert.equal(code, 1);
    assert.equal(err.split('no worker').length, 2);
  });

  test('a second Ctrl-C leaves at once also while no worker runs', async () => {
    const id = `${stub.taskQueue}-alone-left`;
    const run = stub.client(['run', 'hello', '--id', id], {
      env: { TEMPORAL_PODS_TASK_QUEUE: `${stub.taskQueue}-none` },
    });
    await run.says(/started /);
    run.child.kill('SIGINT');
    await run.says(/cancelling/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    run.child.kill('SIGINT');
    const { code, err } = await run.ended;
    await stub.temporal.client.workflow.getHandle(id).terminate();
    assert.equal(code, 130, err);
    assert.match(err, /left .*-alone-left; it goes on being cancelled without you\n/);
  });

  test('a run that goes on as a new one is followed to the end of the last one', async () => {
    const env = { TEMPORAL_PODS_WORKFLOWS: fileURLToPath(new URL('../stub-workflows.ts', import.meta.url)) };
    const { code, out, err } = await stub.client(['run', 'countdown', '3'], { env }).ended;
    assert.equal(code, 0, err);
    assert.deepEqual(out.trim().split('\n'), ['pod │ line 3', 'pod │ line 2', 'pod │ line 1', 'after 1']);
  });

  test('a log folder that cannot be read is told once, and the run is followed to its own end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'client-'));
    const file = join(folder, 'file');
    await writeFile(file, '');
    const env = { TEMPORAL_PODS_LOG_DIR: file };
    const good = await stub.client(
      ['run', 'pod', spec(['far', 'away'], { MS: '1500', OUTPUT: 'x' }), '--id', `${stub.taskQueue}-unread`],
      { env },
    ).ended;
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, /^main │ far\nmain │ away\n\{/);
    assert.equal(good.err.split(/cannot be read: ENOTDIR: .*client-.*file/).length, 2, good.err);
    const bad = await stub.client(['run', 'pod', spec([], { MS: '1500', EXIT: '3' })], { env }).ended;
    assert.equal(bad.code, 1, bad.err);
    assert.match(bad.out, /^failed: /);
    const logs = await stub.client(['logs', `${stub.taskQueue}-unread`], { env }).ended;
    assert.deepEqual([logs.code, logs.out], [0, 'main │ far\nmain │ away\n'], logs.err);
    assert.match(logs.err, /cannot be read: ENOTDIR: /);
    await rm(folder, { recursive: true });
  });

  test('an unknown namespace is infrastructure, and named', async () => {
    const { code, err } = await stub.client(['run', 'hello'], { env: { TEMPORAL_NAMESPACE: 'no-such' } }).ended;
    assert.equal(code, 3);
    assert.match(err, /no namespace 'no-such'; set TEMPORAL_NAMESPACE/);
  });
});
