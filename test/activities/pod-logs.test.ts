import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import { readLog } from '../../src/logs/index.ts';
import type { CallbackLine, PodResult, PodSpec } from '../../src/contract/index.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import { failureOf, inWorld, linesOf, SPEC } from '../support/pods.ts';

/** An init container, a native sidecar, and a plain one beside the main container. */
const CREW: PodSpec = {
  ...SPEC,
  template: {
    spec: {
      initContainers: [
        { name: 'prepare', image: 'etl:3' },
        { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' },
      ],
      containers: [{ name: 'base' }, { name: 'side', image: 'side:1' }],
    },
  },
};

/** Everybody says a line and ends well. */
function crew(pod: FakePod): void {
  pod.run('prepare');
  pod.print('prepared', { container: 'prepare' });
  pod.finish({ exitCode: 0, container: 'prepare' });
  pod.run('proxy');
  pod.print('proxied', { container: 'proxy' });
  for (const container of ['base', 'side']) pod.run(container);
  pod.print('aside', { container: 'side' });
  pod.print('worked', { container: 'base' });
  for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
}

async function byContainer({ logs }: Pick<PodResult, 'logs'>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for await (const { container, bytes } of readLog(fileURLToPath(logs.uri)))
    (found[container] ??= []).push(String(bytes));
  return found;
}

/** A callback that sees every stored line. */
function watcher() {
  const lines: CallbackLine[] = [];
  const told = new EventEmitter();
  const onLogLine = (line: CallbackLine) => {
    lines.push(line);
    told.emit('line');
  };
  const stored = async (text: string) => {
    while (!lines.some((line) => line.text === text)) await once(told, 'line');
  };
  return { lines, stored, callbacks: { see: { onLogLine } } };
}

suite('which logs are kept', () => {
  test(
    'those of all containers, init containers and sidecars included, unless it is said otherwise',
    inWorld(async ({ fake, attempt }) => {
      fake.script(crew);
      const result = await attempt(CREW).result;
      assert.deepEqual(await byContainer(result), {
        prepare: ['prepared'],
        proxy: ['proxied'],
        side: ['aside'],
        base: ['worked'],
      });
      assert.equal(result.logs.tail, 'worked');
      assert.equal(result.logs.lines, 4);
    }),
  );

  test(
    'logs.containers names the ones that are kept; the others are not even read',
    inWorld(async ({ fake, attempt }) => {
      fake.script(crew);
      const result = await attempt({ ...CREW, logs: { containers: ['proxy'] } }).result;
      assert.deepEqual(await byContainer(result), { proxy: ['proxied'] });
      assert.equal(result.logs.lines, 1);
      const read = fake.requests.filter(({ verb }) => verb === 'log').map(({ query }) => query.get('container'));
      assert.deepEqual([...new Set(read)], ['proxy']);
    }),
  );

  test(
    'logs.containers: [] keeps nothing, and the task does as well',
    inWorld(async ({ fake, attempt }) => {
      fake.script(crew);
      const result = await attempt({ ...CREW, logs: { containers: [] } }).result;
      assert.deepEqual([result.logs.lines, result.logs.tail], [0, '']);
      assert.deepEqual(await byContainer(result), {});
      assert.equal(fake.count('log'), 0);
    }),
  );

  test(
    'those of a container that had ended before anybody saw it run are read at once, while the pod goes on',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        pod.run('prepare');
        pod.print('prepared', { container: 'prepare' });
        pod.finish({ exitCode: 0, container: 'prepare' });
        for (const container of ['proxy', 'base', 'side']) pod.run(container);
        await stored('prepared');
        for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
      });
      const result = await attempt({ ...CREW, callbacks: ['see'] }).result;
      assert.deepEqual(await byContainer(result), { prepare: ['prepared'] });
      const reads = fake.requests.filter(({ verb, query }) => verb === 'log' && query.get('container') === 'prepare');
      assert.equal(reads.length, 1);
    }),
  );

  test(
    'those of an ended container that cannot be read for a while are read as soon as they can be',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        pod.run('prepare');
        pod.print('prepared', { container: 'prepare' });
        fake.plan('log', { answer: 500 }, { times: 3 });
        pod.finish({ exitCode: 0, container: 'prepare' });
        for (const container of ['proxy', 'base', 'side']) pod.run(container);
        await stored('prepared');
        for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
      });
      const { logs } = await attempt({ ...CREW, callbacks: ['see'] }).result;
      assert.deepEqual([logs.lines, logs.gaps], [1, 0]);
    }),
  );

  test(
    'a failure of an init container shows the last lines of that container',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run('prepare');
        pod.print('no such bucket', { container: 'prepare' });
        pod.finish({ exitCode: 3, container: 'prepare' });
      });
      const { error, details } = await failureOf(attempt(CREW));
      assert.equal(error.type, 'InitContainerFailed');
      assert.equal(details.logs?.tail, 'no such bucket');
    }),
  );
});

suite('a sidecar that is started again', () => {
  const SEEN: PodSpec = { ...CREW, callbacks: ['see'] };
  const start = (pod: FakePod) => {
    pod.run('proxy');
    for (const container of ['base', 'side']) pod.run(container);
    pod.print('first', { container: 'proxy' });
  };
  const end = (pod: FakePod) => {
    for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
  };
  const proxy = async (result: PodResult) => (await byContainer(result))['proxy'];

  test(
    'has the whole log of every start, also the lines that no stream had brought by then',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        start(pod);
        await stored('first');
        fake.cut('log', 'eof');
        pod.print('last words', { container: 'proxy' });
        await pod.restart('proxy');
        pod.print('second', { container: 'proxy' });
        await stored('second');
        await pod.restart('proxy');
        pod.print('third', { container: 'proxy' });
        await stored('third');
        end(pod);
      });
      const result = await attempt(SEEN).result;
      assert.deepEqual(await proxy(result), ['first', 'last words', 'second', 'third']);
      assert.deepEqual([result.logs.lines, result.logs.gaps], [4, 0]);
    }),
  );

  test(
    'whose status is late to tell: no line of the next start is taken for one of the last',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        start(pod);
        await stored('first');
        await fake.until(() => fake.open('log') === 3);
        const { promise, resolve } = Promise.withResolvers<void>();
        const restarted = pod.restart('proxy', promise);
        pod.print('second', { container: 'proxy' });
        const opened = fake.count('log');
        // Long enough for a follower that does not wait to have opened the next one's log.
        await new Promise((later) => setTimeout(later, 300));
        assert.equal(fake.count('log'), opened);
        resolve();
        await restarted;
        await stored('second');
        end(pod);
      });
      const result = await attempt(SEEN).result;
      assert.deepEqual(await proxy(result), ['first', 'second']);
      assert.deepEqual([result.logs.lines, result.logs.gaps], [2, 0]);
    }),
  );

  test(
    'twice, before its log could be read: the log says that lines are missing',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        start(pod);
        await stored('first');
        fake.cut('log', 'reset');
        pod.print('unread', { container: 'proxy' });
        // Nobody hears of the first one.
        fake.cut('watch', 'eof');
        fake.plan('list', 'hang');
        fake.plan('watch', 'hang');
        await pod.restart('proxy');
        await pod.restart('proxy');
        fake.dropHanging();
        pod.print('third', { container: 'proxy' });
        await stored('third');
        end(pod);
      });
      const result = await attempt(SEEN).result;
      const found = (await proxy(result)) ?? [];
      assert.deepEqual([found[0], found.at(-1)], ['first', 'third']);
      assert.match(found[1] ?? '', /unread/);
      assert.equal(result.logs.gaps, 1);
    }),
  );

  test(
    'is read on by the next attempt, from the start that it is in',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      const adopted = Promise.withResolvers<void>();
      fake.script(async (pod) => {
        start(pod);
        await stored('first');
        await adopted.promise;
        await pod.restart('proxy');
        pod.print('second', { container: 'proxy' });
        await stored('second');
        end(pod);
      });
      const first = attempt(SEEN);
      await stored('first');
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      const second = attempt(SEEN);
      adopted.resolve();
      const result = await second.result;
      assert.deepEqual(await proxy(result), ['first', 'second']);
      assert.equal(result.logs.lines, 2);
    }),
  );
});

suite('limits', () => {
  test(
    'logs.maxLineBytes and logs.maxBytes leave out, and result, tail and log say so',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        pod.run();
        pod.print('x'.repeat(1000));
        for (let number = 1; number <= 100; number++) pod.print(`line ${number}`);
        pod.finish({ exitCode: 3 });
      });
      const logs = { maxLineBytes: 256, maxBytes: 300, tailBytes: 20 };
      const { details } = await failureOf(attempt({ ...SPEC, logs }));
      assert.ok(details.logs);
      const kept = details.logs.lines - 1;
      const sizes = Array.from({ length: 100 }, (_, index) => `line ${index + 1}\n`.length);
      const left = sizes.slice(kept).reduce((sum, size) => sum + size, 0);
      assert.equal(kept, 6);
      assert.deepEqual(details.logs.dropped, { lines: 100 - kept, bytes: 744 + left });
      assert.equal(details.logs.tail, 'line 99\nline 100');
      const lines = await linesOf({ logs: details.logs });
      assert.equal(lines[0], `${'x'.repeat(256)}… [744 more bytes cut by logs.maxLineBytes]`);
      assert.deepEqual(lines.slice(1), ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6', '<gap>', '<gap>']);
    }),
  );

  for (const [law, logs] of [
    ['holds where the spec says nothing', undefined],
    ['is not exceeded by what the spec says', { maxBytes: 1_000_000 }],
    ['is not needed where the spec says less', { maxBytes: 14, tailBytes: 20 }],
  ] as const)
    test(
      `the operator's maxLogBytes ${law}, and what is left out is said`,
      inWorld(async ({ fake, attempt, dependencies }) => {
        dependencies.policy = { maxLogBytes: logs?.maxBytes === 14 ? '1Gi' : '0.014k' };
        fake.script((pod) => {
          pod.run();
          for (const number of [1, 2, 3, 4]) pod.print(`line ${number}`);
          pod.finish({ exitCode: 0 });
        });
        const result = await attempt({ ...SPEC, ...(logs && { logs }) }).result;
        assert.deepEqual(await linesOf(result), ['line 1', 'line 2', '<gap>', '<gap>']);
        assert.deepEqual(result.logs.dropped, { lines: 2, bytes: 14 });
      }),
    );

  test(
    'logs.maxBytes is for all starts of a container together',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        pod.run('proxy');
        for (const container of ['base', 'side']) pod.run(container);
        pod.print('first', { container: 'proxy' });
        await stored('first');
        await pod.restart('proxy');
        pod.print('second', { container: 'proxy' });
        pod.print('worked', { container: 'base' });
        await stored('worked');
        for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
      });
      const { logs } = await attempt({ ...CREW, logs: { maxBytes: 8 }, callbacks: ['see'] }).result;
      assert.equal(logs.lines, 2);
      assert.deepEqual(logs.dropped, { lines: 1, bytes: 'second\n'.length });
    }),
  );
});

suite('who looks on', () => {
  test(
    'logs.print: every line is in the worker’s own log, with its level and container, formatted and without escapes',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      dependencies.callbacks = { format: { formatLine: ({ container, text }) => `<${container}> ${text}\x1b[2J` } };
      fake.script((pod) => {
        pod.run();
        for (const line of ['ERROR: it broke', 'WARN: slow', 'DEBUG: x', '{"level":30}', 'plain']) pod.print(line);
        pod.finish({ exitCode: 0 });
      });
      const result = await attempt({ ...SPEC, logs: { print: true }, callbacks: ['format'] }).result;
      const printed = temporal.said.filter(({ meta }) => meta['container'] === 'base');
      assert.deepEqual(
        printed.map(({ level, message, meta }) => [level, message, meta['level']]),
        [
          ['error', '<base> ERROR: it broke', undefined],
          ['warn', '<base> WARN: slow', undefined],
          ['info', '<base> DEBUG: x', 'debug'],
          ['info', '<base> {"level":30}', undefined],
          ['info', '<base> plain', undefined],
        ],
      );
      // The stored log keeps the line as it came.
      assert.equal((await linesOf(result))[0], 'ERROR: it broke');
    }),
  );

  test(
    'without logs.print the worker’s log has no line of a container',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(crew);
      await attempt(CREW).result;
      assert.deepEqual(
        temporal.said.filter(({ message }) => message.includes('worked')),
        [],
      );
    }),
  );

  test(
    'onLogLine is told every stored line of every container once, with its level; another attempt tells no line again',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { lines, stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      const adopted = Promise.withResolvers<void>();
      fake.script(async (pod) => {
        pod.run('proxy');
        for (const container of ['base', 'side']) pod.run(container);
        pod.print('ERROR: one', { container: 'base', timestamp: '2026-11-22T10:00:00.000000001Z' });
        await adopted.promise;
        pod.print('two', { container: 'side' });
        pod.print('half a line', { container: 'base', newline: false });
        for (const container of ['side', 'proxy', 'base']) pod.finish({ exitCode: 0, container });
      });
      const spec = { ...CREW, callbacks: ['see'] };
      const first = attempt(spec);
      await stored('ERROR: one');
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      const second = attempt(spec);
      adopted.resolve();
      await second.result;
      const told = lines.map(({ container, text, level }) => [container, text, level]).sort();
      assert.deepEqual(told, [
        ['base', 'ERROR: one', 'error'],
        ['base', 'half a line', undefined],
        ['side', 'two', undefined],
      ]);
      assert.equal(lines[0]?.timestamp, '2026-11-22T10:00:00.000000001Z');
    }),
  );
});

suite('a drain', () => {
  test(
    'ends when the worker is told to stop: nothing is recorded, and the next attempt has the whole log',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      const over = Promise.withResolvers<void>();
      fake.script(async (pod) => {
        pod.run();
        pod.print('one');
        await stored('one');
        // From now on no log can be read.
        fake.plan('log', { answer: 500 }, { times: 1_000_000 });
        fake.cut('log', 'reset');
        pod.print('two');
        pod.finish({ exitCode: 0 });
        over.resolve();
      });
      const spec = { ...SPEC, callbacks: ['see'] };
      const first = attempt(spec);
      await over.promise;
      const asked = fake.count('log');
      await fake.until(() => fake.count('log') >= asked + 3);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      assert.equal(temporal.recorded?.ended, undefined);
      assert.equal(fake.left().length, 1);
      fake.calm();
      const result = await attempt(spec).result;
      assert.deepEqual(await linesOf(result), ['one', 'two']);
      assert.equal(result.logs.gaps, 0);
    }),
  );
});
