/** The commands about runs that are there already, as a process, against a real Temporal; the pods are pretended. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { stubWorker, type StubWorker } from '../stub-worker.ts';

const spec = (args: string[], env: Record<string, string> = {}) => JSON.stringify({ image: 'x', args, env });

suite('commands', { concurrency: 2, timeout: 120_000 }, () => {
  let stub: StubWorker;
  before(async () => (stub = await stubWorker()));
  after(() => stub.close());

  /** stdout of a command that ends with 0. */
  const read = async (...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.equal(code, 0, err);
    return out;
  };
  /** stderr of a command that ends with 2, and puts nothing on stdout. */
  const refused = async (...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.equal(code, 2, err);
    assert.equal(out, '');
    return err;
  };
  const start = async (name: string, ...spec: string[]) => {
    const id = `${stub.taskQueue}-${name}`;
    await read('start', 'pod', ...spec, '--id', id);
    return id;
  };
  const handle = (id: string) => stub.temporal.client.workflow.getHandle(id);
  const ended = (id: string) =>
    handle(id)
      .result()
      .catch(() => undefined);
  /** Visibility knows of a run about a second later. */
  const listed = async (id: string, ...args: string[]): Promise<string> => {
    for (;;) {
      const out = await read('list', ...args);
      if (out.includes(id)) return out;
    }
  };

  suite('list', () => {
    test('shows how runs stand, in each format', async () => {
      const good = await start('list-good', spec([]));
      const bad = await start('list-bad', spec([], { EXIT: '3' }));
      await Promise.all([ended(good), ended(bad)]);
      const table = await listed(bad, '--status', 'failed');
      assert.match(table, /^STATUS +WORKFLOW +ID +STARTED +DURATION\n/);
      assert.match(
        table,
        new RegExp(`^failed +pod +${bad} +\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z +(less than 1|\\d+) s$`, 'm'),
      );
      assert.doesNotMatch(table, new RegExp(good));
      assert.match(await listed(good, '-o', 'name'), new RegExp(`^${good}$`, 'm'));
      const documents = JSON.parse(await read('list', '-o', 'json', '--since', '1h')) as Record<string, unknown>[];
      assert.equal(documents.find(({ workflowId }) => workflowId === good)?.['status'], 'completed');
      const [line = ''] = (await read('list', '-o', 'jsonl', '--limit', '1')).split('\n');
      assert.ok((JSON.parse(line) as { runId: string }).runId);
    });

    test('says when there are none, and what was meant', async () => {
      const { code, out, err } = await stub.client(['list', '--workflow', 'hallo']).ended;
      assert.deepEqual([code, out], [0, '']);
      assert.match(err, /no runs like this on task queue '.*'; did you mean --workflow hello\?/);
      assert.equal(await read('list', '--workflow', 'hallo', '-o', 'json'), '[]\n');
    });

    test('a filter that makes no sense is usage', async () => {
      assert.match(await refused('list', '--status', 'dead'), /running, completed, failed/);
      assert.match(await refused('list', '--since', 'soon'), /--since: 'soon' is neither/);
      assert.match(await refused('list', '--limit', '0'), /whole number from 1/);
    });
  });
});
