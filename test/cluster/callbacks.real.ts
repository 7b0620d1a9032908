/** A real worker with a module of callbacks, around real pods. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowFailedError } from '@temporalio/client';
import type { PodResult } from '../../src/contract/index.ts';
import { eventually, real, type Lane, type Real, type RunningWorker } from '../support/real.ts';

suite('callbacks in a real worker', () => {
  let world: Real;
  let lane: Lane;
  let worker: RunningWorker;
  before(async () => {
    world = await real();
    lane = world.lane('callbacks');
    worker = await lane.worker({ callbacks: fileURLToPath(new URL('../support/callbacks.ts', import.meta.url)) });
  });
  after(() => world.close());
  const heard = () => worker.said.filter((line) => line.startsWith('audit: '));

  test('change the pod, hear its start, its lines and its end, and format what the worker prints', async () => {
    const script = 'echo the secret; sleep 1; echo \'{"rows": 3}\' > /dev/termination-log';
    const run = await lane.start(world.shell(script, { callbacks: ['audit'], logs: { print: true } }));
    const { output, problems, logs } = (await run.result()) as PodResult;
    assert.deepEqual([output, problems], [{ rows: 3 }, undefined]);
    assert.match(logs.tail, /the secret/, 'the stored log is as it came');
    await eventually('the last word', async () => (heard().length >= 3 ? true : undefined));
    assert.match(heard()[0] ?? '', /main runs on \S+|base says/);
    assert.ok(heard().includes('audit: base says the secret'));
    assert.ok(heard().some((line) => /^audit: main runs on /.test(line)));
    assert.equal(heard().at(-1), 'audit: Succeeded with {"rows":3}');
    await eventually(
      'the printed line',
      async () => worker.said.some((line) => line.includes('the ******')) || undefined,
    );
  });

  test('that fail, or leave a rejection behind, lose neither the pod nor the worker', async () => {
    const run = await lane.start(world.shell('sleep 1', { callbacks: ['careless'] }));
    const { outcome, problems, cleanup } = (await run.result()) as PodResult;
    assert.deepEqual([outcome, cleanup.gone], ['Succeeded', true]);
    assert.deepEqual(problems, ['callback careless.onEnd: the audit is away']);
    const told = (line: string) => /ERROR .*rejected: left behind/.test(line);
    await eventually('the rejection', async () => worker.said.some(told) || undefined);
    const next = await lane.start(world.shell('true'));
    assert.equal(((await next.result()) as PodResult).outcome, 'Succeeded', 'the worker goes on');
  });

  test('refuse a pod before it is created', async () => {
    const run = await lane.start(world.shell('true', { callbacks: ['budget'] }));
    const error = (await run.result().catch((thrown: unknown) => thrown)) as WorkflowFailedError;
    assert.match(error.cause?.message ?? '', /budget\.beforeCreate refuses the pod: no budget left/);
    assert.deepEqual(await lane.pods(run), []);
  });

  test('leave nothing behind', async () => {
    assert.deepEqual(await world.left(), []);
  });
});
