/** `doctor` as a process, against the local stack. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { up } from '../../../local/up.ts';
import type { Check } from '../../../src/client/doctor/check.ts';
import { stubWorker, type StubWorker } from '../stub-worker.ts';

suite('doctor', { timeout: 120_000 }, () => {
  let stub: StubWorker;
  before(async () => {
    await up();
    stub = await stubWorker();
  });
  after(() => stub.close());

  const examine = async (env: Record<string, string> = {}, ...more: string[]) => {
    const { code, out, err } = await stub.client(['doctor', '-o', 'json', ...more], { env }).ended;
    assert.equal(err, '');
    const checks = JSON.parse(out) as Check[];
    const of = (name: string) => checks.find((one) => one.name === name) ?? assert.fail(`no ${name} in ${out}`);
    return { code, of, bad: checks.filter(({ result }) => result === 'failed') };
  };

  test('all is well: every part is looked at, and the exit code is 0', async () => {
    const { code, of, bad } = await examine({ TEMPORAL_PODS_SWEEP_EVERY: 'never' }, '--pod');
    assert.deepEqual([code, bad], [0, []]);
    assert.match(of('server').says, /answers in \d+ ms, version \d/);
    assert.equal(of('clock').result, 'ok');
    assert.match(of('worker').says, new RegExp(`poll.* '${stub.taskQueue}' \\(`));
    assert.match(of('cleanup worker').says, new RegExp(`'${stub.taskQueue}-cleanup'`));
    assert.equal(of('sweeper').result, 'warning');
    assert.match(of('from start to end').says, /s in all/);
  });

  test('no worker, no sweeper, no rights: each with what to do', async () => {
    const { code, of } = await examine(
      { TEMPORAL_PODS_TASK_QUEUE: `${stub.taskQueue}-none`, TEMPORAL_PODS_NAMESPACE: 'kube-system' },
      '--pod',
    );
    assert.equal(code, 1);
    assert.deepEqual([of('worker').result, of('worker').todo], ['failed', 'start one: npm run worker']);
    assert.match(of('sweeper').says, /has no schedule/);
    const rights = of('rights in kube-system');
    assert.match(rights.says, /may not create pods, get pods, .*get pods\/log, get events, list events/);
    assert.match(rights.todo ?? '', /a Role in kube-system with: pods create,get,list,watch,patch,delete/);
    assert.match(of('a pod in kube-system').says, /forbidden/);
    assert.match(of('from start to end').says, /was not tried/);
  });

  test('an unknown namespace of Temporal is named', async () => {
    const { code, of } = await examine({ TEMPORAL_NAMESPACE: 'no-such' });
    assert.equal(code, 1);
    assert.match(of('namespace').says, /has no namespace 'no-such'/);
  });
});
