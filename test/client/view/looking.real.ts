/** `show`, `logs` and `history` as processes, against a real Temporal; the pods are pretended. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { graphQuery, retryTask, skipTask } from '../../../src/workflows/dag/controls.ts';
import { stubWorker, type StubWorker } from '../stub-worker.ts';
import type { ChainInput } from '../stub-workflows.ts';

const WORKFLOWS = fileURLToPath(new URL('../stub-workflows.ts', import.meta.url));

suite('looking at a run', { concurrency: 2, timeout: 300_000 }, () => {
  let stub: StubWorker;
  let folder: string;
  before(async () => {
    stub = await stubWorker(WORKFLOWS);
    folder = await mkdtemp(join(tmpdir(), 'looking-'));
  });
  after(async () => {
    await stub.close();
    await rm(folder, { recursive: true });
  });

  /** stdout of a command that ends with 0. */
  const read = async (...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.equal(code, 0, err);
    return out;
  };
  const refused = async (...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.deepEqual([code, out], [2, ''], err);
    return err;
  };
  let runs = 0;
  const start = (workflow: string, ...args: unknown[]) => {
    const workflowId = `${stub.taskQueue}-${runs++}`;
    return stub.temporal.client.workflow.start(workflow, { workflowId, taskQueue: stub.taskQueue, args });
  };
  const chain = (input: ChainInput = {}) => start('chain', input);
  /** A run whose second pod runs until `go` is called. */
  const waiting = async (workflow = 'chain') => {
    const until = join(folder, `go-${runs}`);
    const run = await start(workflow, { until } satisfies ChainInput);
    return Object.assign(run, { go: () => writeFile(until, '') });
  };
  const settled = async (run: WorkflowHandle) => {
    await run.result().catch(() => undefined);
    return run.workflowId;
  };
  const reaches = async (run: WorkflowHandle, task: string, state: string) => {
    for (;;) {
      const { nodes } = await run.query(graphQuery);
      if (nodes.some((node) => node.name === task && node.state === state)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  suite('show', () => {
    test('a running run: its tasks as a tree, those too that only wait', async () => {
      const run = await waiting();
      await reaches(run, 'second', 'running');
      const out = await read('show', run.workflowId);
      assert.match(out, /^running for .*: [12] of 4 done, /m);
      assert.match(out, /^✓ first .*\n└ ▶ second +running .*second-pod.*\n {2}└ ○ third +waiting\n✓ alone/m);
      const document = JSON.parse(await read('show', run.workflowId, '-o', 'json')) as {
        status: string;
        tasks: object[];
        from: string;
      };
      assert.deepEqual([document.status, document.tasks.length, document.from], ['running', 4, 'worker']);
      assert.equal(await read('show', run.workflowId, '-o', 'name'), 'first\nsecond\nthird\nalone\n');
      await run.cancel();
      await settled(run);
      assert.match(await read('show', run.workflowId), /^cancelled after .*\n\n✓ first .*\n└ ⊗ second +cancelled/m);
    });

    test('a failed run: what failed, and what helps', async () => {
      const id = await settled(await chain({ exit: 3 }));
      const out = await read('show', id);
      assert.match(out, /^└ ✗ second +failed .*ContainerFailed: ended with exit code 3$/m);
      assert.match(out, /^failed: .*: 1 of 4 tasks failed: second$/m);
      assert.match(
        out,
        new RegExp(`^what helps:\n {2}npm run client -- logs ${id} second\n {2}npm run client -- rerun ${id}$`, 'm'),
      );
    });

    test('a task that is held: until when, and what to type', async () => {
      const run = await chain({ exit: 3, hold: '1h' });
      await reaches(run, 'second', 'held');
      const out = await read('show', run.workflowId);
      assert.match(out, /^└ ‖ second +held until .*ContainerFailed/m);
      assert.match(
        out,
        new RegExp(
          `^second waits for your decision, until .*:\n {2}npm run client -- retry ${run.workflowId} second$`,
          'm',
        ),
      );
      await run.executeUpdate(skipTask, { args: ['second', { value: 1 }] });
      await run.result();
      assert.match(await read('show', run.workflowId), /^└ ↷ second +skipped/m);
    });

    test('what is left, from a run that ended well before', async () => {
      const earlier = await waiting('steady');
      await earlier.go();
      await earlier.result();
      const run = await waiting('steady');
      await reaches(run, 'second', 'running');
      let out = '';
      // Visibility knows of the earlier run about a second later.
      for (let looks = 0; looks < 30 && !out.includes('about'); looks++) out = await read('show', run.workflowId);
      assert.match(out, /^running for .*; about \d+ s left$/m);
      await run.cancel();
    });

    test('--watch: a line for what has changed, and the end; 0 for a run that ended well', async () => {
      const run = await waiting();
      const watch = stub.client(['show', run.workflowId, '--watch']);
      await watch.says(/^▶ second: running; running in second-pod on node-1$/m);
      await run.go();
      const { code, out, err } = await watch.ended;
      assert.equal(code, 0, err);
      assert.match(out, /^✓ third: done .*\n(.*\n)?completed in .*: 4 of 4 done$/m);
      assert.doesNotMatch(out, /\u001b/);
      assert.equal(out.match(/^✓ first: done/gm)?.length, 1);
    });

    test('--watch: 1 for a run that failed', async () => {
      const id = await settled(await chain({ exit: 3 }));
      const { code, out } = await stub.client(['show', id, '--watch']).ended;
      assert.equal(code, 1);
      assert.match(out, /^✗ second: failed; ContainerFailed/m);
    });

    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGKILL', -1],
    ] as const)
      test(`--watch, ended by ${signal}: the run goes on`, async () => {
        const run = await waiting();
        const watch = stub.client(['show', run.workflowId, '-w']);
        await watch.says(/^▶ second/m);
        watch.child.kill(signal);
        assert.equal((await watch.ended).code, expected);
        assert.equal((await run.describe()).status.name, 'RUNNING');
        await run.go();
        assert.equal(await run.result(), 0);
      });

    test('a run that no worker takes says so', async () => {
      const workflowId = `${stub.taskQueue}-alone`;
      const run = await stub.temporal.client.workflow.start('chain', {
        workflowId,
        taskQueue: `${stub.taskQueue}-none`,
        args: [{}],
      });
      const out = await read('show', workflowId);
      await run.terminate('enough of it');
      assert.match(out, /^running for .*: no task yet\nno worker polls task queue '.*-none'; start one/m);
      assert.match(await read('show', workflowId), /^terminated: .*\n {2}enough of it$/m);
    });

    test('what makes no sense is usage', async () => {
      assert.match(await refused('show', `${stub.taskQueue}-nope`), /there is no run '.*-nope'/);
      assert.match(await refused('show', 'x', '--watch', '-o', 'json'), /--watch shows text/);
    });
  });

  suite('logs', () => {
    test('of a run that has ended: every task, in the order of time', async () => {
      const id = await settled(await chain());
      const out = await read('logs', id);
      assert.deepEqual(
        out
          .split('\n')
          .map((line) => line.replace(/ +│/, ' │'))
          .sort(),
        ['', 'alone │ from alone', 'first │ from first', 'second │ from second', 'third │ from third'],
      );
      assert.match(out, /from first\n(.*\n)?.*from second\n.*from third\n$/);
      assert.equal(await read('logs', id, 'second', 'third', '--no-prefix'), 'from second\nfrom third\n');
      assert.match(
        await read('logs', id, 'second', '--timestamps'),
        /^second │ \d{4}-\d\d-\d\dT[\d:.]+Z from second\n$/,
      );
    });

    test('of a task that is not there: what was meant', async () => {
      const id = await settled(await chain());
      assert.match(await refused('logs', id, 'secnd'), /no task 'secnd'; did you mean 'second'\?\n {2}known are: /);
      assert.match(await refused('logs', id, '--tail', 'x'), /whole number/);
      assert.match(await refused('logs', id, '--since', 'soon'), /--since: 'soon' is neither/);
    });

    test('of several tries: which one, and only one', async () => {
      const retries = { count: 1, delay: '1ms' };
      const id = await settled(
        await start('pod', { image: 'x', args: ['line', 'last'], env: { EXIT: '3', FAIL: 'once' }, retries }),
      );
      assert.equal(await read('logs', id), 'main │ line\nmain │ last\nmain#2 │ line\nmain#2 │ last\n');
      assert.equal(await read('logs', id, '--try', '2', '--tail', '1'), 'main#2 │ last\n');
      const { err } = await stub.client(['logs', id, '--try', '3']).ended;
      assert.match(err, /no pod of it was try 3/);
    });

    test('a container that is not there is told', async () => {
      const id = await settled(await chain());
      const { code, out, err } = await stub.client(['logs', id, '-c', 'bsae']).ended;
      assert.deepEqual([code, out], [0, '']);
      assert.match(err, /no container 'bsae' has a log here; did you mean 'base'\?/);
    });

    test('of a machine that has none of them: where they are, and their last lines', async () => {
      const id = await settled(await chain());
      const { code, out, err } = await stub.client(['logs', id, 'second'], { elsewhere: true }).ended;
      assert.deepEqual([code, out], [0, 'second │ from second\n']);
      assert.match(err, /second: its log \(1 lines\) is not on this machine but at file:.*; the last lines:/);
    });

    test('of the items of a map, when it or one of them is named', async () => {
      const id = await settled(await start('things', 5));
      const { out, err } = await stub.client(['logs', id]).ended;
      assert.equal(out, '');
      assert.match(err, new RegExp(`without the items of load; for those: npm run client -- logs ${id} load`));
      const lines = (await read('logs', id, 'load')).trimEnd().split('\n');
      assert.deepEqual(
        lines.sort(),
        [0, 1, 2, 3, 4].map((at) => `load-${at} │ item ${at}`),
      );
      assert.equal(await read('logs', id, 'load-3'), 'load-3 │ item 3\n');
    });

    test('-f: lines as they come, to the end of the run', async () => {
      const run = await waiting();
      const logs = stub.client(['logs', run.workflowId, '-f']);
      await logs.says(/second │ from second\n/);
      assert.equal(logs.child.exitCode, null);
      await run.go();
      const { code, out, err } = await logs.ended;
      assert.equal(code, 0, err);
      for (const name of ['first', 'second', 'third', 'alone'])
        assert.equal(out.split(`from ${name}\n`).length, 2, `${name} once in:\n${out}`);
      assert.equal((await run.describe()).status.name, 'COMPLETED');
    });

    test('logs -f and show --watch go on with the run that goes on as a new one, to the end of the last', async () => {
      const until = join(folder, 'count');
      const { workflowId } = await start('countdown', 3, until);
      const logs = stub.client(['logs', workflowId, '-f']);
      await logs.says(/│ line 3\n/);
      const watch = stub.client(['show', workflowId, '--watch']);
      await watch.says(/^ {2}started /m);
      await writeFile(until, '');
      const lines = await logs.ended;
      assert.deepEqual([lines.code, lines.out], [0, 'pod-1 │ line 3\npod-1 │ line 2\npod-1 │ line 1\n'], lines.err);
      const { code, out, err } = await watch.ended;
      assert.equal(code, 0, err);
      assert.deepEqual(
        out.match(/^(continued-as-new|completed) /gm),
        ['continued-as-new ', 'continued-as-new ', 'completed '],
        out,
      );
    });

    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGKILL', -1],
    ] as const)
      test(`-f, ended by ${signal}: the run goes on`, async () => {
        const run = await waiting();
        const logs = stub.client(['logs', run.workflowId, '-f']);
        await logs.says(/from second/);
        logs.child.kill(signal);
        assert.equal((await logs.ended).code, expected);
        assert.equal((await run.describe()).status.name, 'RUNNING');
        await run.go();
        assert.equal(await run.result(), 0);
      });

    test('| head ends quietly', async () => {
      const id = await settled(
        await start('pod', { image: 'x', args: Array.from({ length: 20_000 }, (_, at) => `line ${at}`) }),
      );
      const program = fileURLToPath(new URL('../../../src/client.ts', import.meta.url));
      const line = `"${process.execPath}" "${program}" logs ${id} | head -1`;
      const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], {
        env: { ...process.env, ...stub.env },
      });
      assert.deepEqual([stdout, stderr], ['main │ line 0\n', '']);
    });
  });

  suite('history', () => {
    test('is what a replay takes', async () => {
      const run = await chain({ exit: 3, hold: '1h' });
      await reaches(run, 'second', 'held');
      await run.executeUpdate(retryTask, { args: ['second', { spec: { env: { EXIT: '0' } } }] });
      const id = await settled(run);
      const history = JSON.parse(await read('history', id)) as object;
      await Worker.runReplayHistory({ workflowsPath: WORKFLOWS }, history, id);
      const folder = await mkdtemp(join(tmpdir(), 'history-'));
      assert.equal(await read('history', id, '--to', join(folder, 'h.json')), '');
      assert.deepEqual(JSON.parse(await readFile(join(folder, 'h.json'), 'utf8')), history);
      await rm(folder, { recursive: true });
      assert.match(
        await refused('history', id, '--to', join(folder, 'gone', 'h.json')),
        /--to .*: cannot be written: /,
      );
    });
  });
});
