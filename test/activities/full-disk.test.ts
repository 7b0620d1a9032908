/** The storage of the logs is full while a pod works: what is said of it, and what becomes of log, result and pod. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CancelledFailure } from '@temporalio/common';
import { ANNOTATION } from '../../src/pod/identity.ts';
import type { PodSpec } from '../../src/contract/index.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import { fullDisk, type Disk } from '../support/full-disk.ts';
import { failureOf, inWorld, linesOf, SPEC, type World } from '../support/pods.ts';

const QUICK: PodSpec = { ...SPEC, timeouts: { drain: '400ms' } };
const FROM_LOG: PodSpec = { ...QUICK, result: { from: 'log' } };
const ROOM = 4096;

const work =
  (...said: string[]) =>
  (pod: FakePod) => {
    pod.run();
    for (const line of said) pod.print(line);
    pod.finish({ exitCode: 0 });
  };
const many = Array.from({ length: 200 }, (_, index) => `line ${index} ${'x'.repeat(40)}`);
const OLD = '::result::"old"';
const NEW = '::result::"new"';

/** In a world whose disk has room for the first lines. */
const onFullDisk = (law: (world: World & { disk: Disk }) => Promise<void>) =>
  inWorld(async (world) => {
    await using disk = await fullDisk(ROOM);
    await law({ ...world, disk });
  });

suite('a log that cannot be stored to its end', () => {
  test(
    'the result is the last marked line of the pod’s own log, never an earlier one that was stored',
    onFullDisk(async ({ fake, attempt }) => {
      fake.script(work(OLD, ...many, NEW));
      assert.equal((await attempt(FROM_LOG).result).output, 'new');
    }),
  );

  test(
    'and the pod’s own cannot be read either: nobody can tell what the result is, and the message says why',
    onFullDisk(async ({ fake, attempt }) => {
      fake.script(async (pod) => {
        pod.run();
        for (const line of [OLD, ...many]) pod.print(line);
        await fake.until(() => fake.count('log') >= 2);
        fake.plan('log', { answer: 500 }, { times: 1_000_000 });
        pod.finish({ exitCode: 0 });
      });
      const { error, details } = await failureOf(attempt(FROM_LOG));
      assert.equal(error.type, 'ResultMissing');
      assert.match(details.message ?? '', /lines are missing behind the last one.*ENOSPC.*It was: "old"/);
    }),
  );

  test(
    'and the pod’s own has no marked line (any more): nobody can tell',
    onFullDisk(async ({ fake, attempt }) => {
      fake.script(work(...many));
      const { error, details } = await failureOf(attempt(FROM_LOG));
      assert.equal(error.type, 'ResultMissing');
      assert.match(
        details.message ?? '',
        /no line of the log begins with "::result::", but lines are missing: .*ENOSPC/,
      );
    }),
  );

  test(
    'a problem says which line was the last one, and why; counts, log and problem agree',
    onFullDisk(async ({ fake, attempt }) => {
      fake.script(work(...many));
      const result = await attempt(QUICK).result;
      const lines = await linesOf(result);
      assert.deepEqual(lines, many.slice(0, lines.length));
      assert.ok(lines.length > 10 && lines.length < 100);
      assert.deepEqual([result.logs.lines, result.logs.gaps], [lines.length, 1]);
      assert.match(result.problems?.join() ?? '', new RegExp(`container base.* ${lines.length} .*ENOSPC`));
    }),
  );

  test(
    'the pod that has the rest of it is kept for an hour, although nobody asked for it; a failure says so',
    onFullDisk(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        for (const line of many) pod.print(line);
        pod.finish({ exitCode: 3 });
      });
      const { error, details } = await failureOf(attempt(QUICK));
      assert.equal(error.type, 'ContainerFailed');
      const [name = ''] = fake.left();
      assert.equal(fake.pod(name).metadata?.annotations?.[ANNOTATION.keepUntil], details.cleanup?.kept);
      assert.ok(Date.parse(details.cleanup?.kept ?? '') > Date.now() + 50 * 60_000);
      assert.match(error.message, /also: .*ENOSPC[\s\S]*kept until/);
    }),
  );

  test(
    'there is room again before the time is over: the log is whole, and its pod goes',
    onFullDisk(async ({ fake, attempt, disk }) => {
      fake.script(async (pod) => {
        work(...many)(pod);
        const asked = fake.count('log');
        await fake.until(() => fake.count('log') >= asked + 3);
        disk.room(Infinity);
      });
      const result = await attempt({ ...SPEC, timeouts: { drain: '30s' } }).result;
      assert.deepEqual(await linesOf(result), many);
      assert.deepEqual([result.logs.gaps, result.problems, fake.left()], [0, undefined, []]);
    }),
  );

  test(
    'an attempt that finds the recorded end keeps the pod as well',
    onFullDisk(async ({ fake, attempt, temporal, disk }) => {
      fake.script(work(...many));
      const first = attempt(QUICK);
      temporal.onRecord(({ ended }) => void (ended && first.end('workerShutdown')));
      await first.result.catch((error: unknown) => assert.ok(error instanceof CancelledFailure));
      temporal.onRecord(() => undefined);
      assert.ok(temporal.recorded?.ended?.logs.unstored);
      disk.room(Infinity);
      const { cleanup } = await attempt(QUICK).result;
      assert.ok(cleanup.kept);
      assert.equal(fake.left().length, 1);
    }),
  );
});
