/** `graph` of runs, as a process, against a real Temporal; the pods are pretended. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { stubWorker, type StubWorker } from '../../stub-worker.ts';

suite('graph', { concurrency: 2, timeout: 120_000 }, () => {
  let stub: StubWorker;
  before(async () => (stub = await stubWorker()));
  after(() => stub.close());

  const start = async (name: string, workflow: string, argument: object) => {
    const id = `${stub.taskQueue}-${name}`;
    const { code, err } = await stub.client(['start', workflow, JSON.stringify(argument), '--id', id]).ended;
    assert.equal(code, 0, err);
    return { id, handle: stub.temporal.client.workflow.getHandle(id) };
  };
  const graph = async (...args: string[]) => {
    const { code, out, err } = await stub.client(['graph', ...args]).ended;
    assert.equal(code, 0, err);
    return out;
  };

  test('of a run that has ended, in each format', async () => {
    const { id, handle } = await start('diamond', 'diamond', { csv: 'x' });
    await handle.result();
    const time = String.raw`(less than 1|\d+) s`;
    assert.match(
      await graph(id),
      new RegExp(
        `^${id} · completed · ${time}\n● {6}orders {4}done {2}${time}\n├─●─╮ {2}regions {3}done {2}${time}\n` +
          `╰─●─┤ {2}products {2}done {2}${time}\n {4}● {2}report {4}done {2}${time}\n$`,
      ),
    );
    assert.match(await graph(id, '-o', 'mermaid'), /t_orders --> t_regions\n/);
    assert.match(await graph(id, '-o', 'dot'), /"regions" -> "report"\n/);
    assert.match(await graph(id, '-o', 'svg'), /<title>products → report<[^]*<title>orders\ndone · /);
    const document = JSON.parse(await graph(id, '-o', 'json')) as Record<string, unknown>;
    assert.deepEqual([document['workflow'], document['status'], document['from']], ['diamond', 'completed', 'history']);
    assert.equal((document['edges'] as unknown[]).length, 4);
    assert.equal((await graph(id, '--run', String(document['runId']))).split('\n').length, 6);
  });

  test('of one that runs, and of what failed: no escape sequence of it gets through', async () => {
    const { id, handle } = await start('running', 'pod', { image: 'x', env: { MS: '60000' } });
    for (;;) if (/● {2}main {2}running/.test(await graph(id))) break;
    await handle.cancel();
    const bad = await start('failed', 'pod', { image: 'x', env: { EXIT: '3' } });
    await bad.handle.result().catch(() => undefined);
    assert.match(await graph(bad.id), /· failed · .*\n● {2}main {2}failed .*ContainerFailed/);
    await handle.result().catch(() => undefined);
    assert.match(await graph(id), /· cancelled · .*\n● {2}main {2}cancelled/);
  });

  test('a run that is not there, or has no graph, is named', async () => {
    const { id, handle } = await start('plain', 'dryRun', { spec: { image: 'x' } });
    await handle.terminate();
    const rows: [args: string[], says: RegExp][] = [
      [[`${id}x`], /there is no run '.*'/],
      [[id], /has no graph: no task of it is known\n/],
    ];
    for (const [args, says] of rows) {
      const { code, out, err } = await stub.client(['graph', ...args]).ended;
      assert.match(err, says);
      assert.deepEqual([code, out], [2, '']);
    }
  });
});
