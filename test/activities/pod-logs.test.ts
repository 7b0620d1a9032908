import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { V1ContainerStateTerminated } from '@kubernetes/client-node';
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { pause } from '../../src/common/pause.ts';
import { readLog } from '../../src/logs/index.ts';
import { parseEntry } from '../../src/logs/segment-format.ts';
import type { CallbackLine, PodResult, PodSpec } from '../../src/contract/index.ts';
import type { FakePod } from '../support/fake-cluster.ts';
import type { Attempt, FakeTemporal } from '../support/fake-temporal.ts';
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

/** Resolves when the log of this container is stored to its end. */
async function endIsStored(logRoot: string, container: string): Promise<void> {
  for (;;) {
    for (const file of (await readdir(logRoot, { recursive: true })).filter((name) => name.includes(container))) {
      const lines = (await readFile(join(logRoot, file), 'latin1')).split('\n');
      if (lines.some((line) => line !== '' && parseEntry(Buffer.from(line)).kind === 'end')) return;
    }
    await pause(10);
  }
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
      // The second one brings nothing new, and so proves the end of the first.
      const reads = fake.requests.filter(({ verb, query }) => verb === 'log' && query.get('container') === 'prepare');
      assert.equal(reads.length, 2);
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

suite('a sidecar that crashes', () => {
  const SEEN: PodSpec = { ...CREW, callbacks: ['see'] };
  const crash = (pod: FakePod, line: string) => {
    pod.run('proxy');
    pod.print(line, { container: 'proxy' });
    pod.finish({ exitCode: 1, container: 'proxy' });
  };
  const work = (pod: FakePod) => {
    for (const container of ['base', 'side']) pod.run(container);
    for (const container of ['side', 'base']) pod.finish({ exitCode: 0, container });
  };

  test(
    'is read at once after each end: the next start takes the log of the one before away',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        crash(pod, 'cannot start: 1');
        await stored('cannot start: 1');
        for (const number of [2, 3]) {
          await pod.restart('proxy', undefined, { remove: true });
          crash(pod, `cannot start: ${number}`);
          await stored(`cannot start: ${number}`);
        }
        work(pod);
      });
      const result = await attempt(SEEN).result;
      assert.deepEqual(await byContainer(result), { proxy: [1, 2, 3].map((number) => `cannot start: ${number}`) });
      assert.equal(result.logs.gaps, 0);
    }),
  );

  test(
    'and starts again while it is read: no line of the next start is taken for one of this',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        fake.plan('log', { doAfter: promise });
        crash(pod, 'first');
        await fake.until(() => fake.count('log') > 0);
        await pod.restart('proxy');
        pod.print('second', { container: 'proxy' });
        resolve();
        await stored('second');
        pod.finish({ exitCode: 0, container: 'proxy' });
        work(pod);
      });
      const result = await attempt(SEEN).result;
      assert.deepEqual(await byContainer(result), { proxy: ['first', 'second'] });
      assert.equal(result.logs.gaps, 0);
    }),
  );

  test(
    'whose log is gone before it could be read: it is asked for once, and the log says why lines are missing',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        crash(pod, 'unread');
        await pod.restart('proxy', undefined, { remove: true });
        pod.print('second', { container: 'proxy' });
        await stored('second');
        pod.finish({ exitCode: 0, container: 'proxy' });
        work(pod);
      });
      const result = await attempt(SEEN).result;
      const [gap = '', ...lines] = (await byContainer(result))['proxy'] ?? [];
      assert.match(gap, /previous terminated container .*not found/);
      assert.deepEqual([lines, result.logs.gaps], [['second'], 1]);
      const previous = fake.requests.filter(({ query }) => query.get('previous') === 'true');
      assert.equal(previous.length, 1);
    }),
  );

  test(
    'so that the main container never starts: the failure shows what the sidecar said',
    inWorld(async ({ fake, attempt }) => {
      fake.script(async (pod) => {
        pod.run('prepare');
        pod.finish({ exitCode: 0, container: 'prepare' });
        crash(pod, 'no such config');
        await pod.terminating;
        fake.remove(pod.name);
      });
      const { error, details } = await failureOf(attempt({ ...CREW, timeouts: { start: '2s' } }));
      assert.deepEqual([error.type, details.reason, details.container], ['StartTimeout', 'SidecarNotStarted', 'proxy']);
      assert.match(error.message, /last lines of proxy:\n\s+no such config/);
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
    'of an adopted pod that has ended reads on behind a stream that was cut with a clean end',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      const away = Promise.withResolvers<void>();
      const over = Promise.withResolvers<void>();
      fake.script(async (pod) => {
        pod.run();
        pod.print('line 0', { timestamp: '2026-11-22T10:00:00.000000001Z' });
        await away.promise;
        for (let number = 1; number < 10; number++)
          pod.print(`line ${number}`, { timestamp: `2026-11-22T10:00:00.00000000${number}Z` });
        pod.finish({ exitCode: 0 });
        over.resolve();
      });
      const spec = { ...SPEC, callbacks: ['see'] };
      const first = attempt(spec);
      await stored('line 0');
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      away.resolve();
      await over.promise;
      const bytes = '2026-11-22T10:00:00.000000001Z line 0\n'.length;
      fake.plan('log', { cutAfter: 5 * bytes, how: 'eof' });
      const { logs } = await attempt(spec).result;
      const all = Array.from({ length: 10 }, (_, number) => `line ${number}`);
      assert.deepEqual([await linesOf({ logs }), logs.lines, logs.gaps], [all, 10, 0]);
    }),
  );

  test(
    'of a pod that was followed to its end reads its log once more, and no oftener',
    inWorld(async ({ fake, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        pod.run();
        pod.print('one');
        await stored('one');
        pod.print('two');
        pod.finish({ exitCode: 0 });
      });
      await attempt({ ...SPEC, callbacks: ['see'] }).result;
      assert.equal(fake.count('log'), 2);
    }),
  );

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

suite('a pod that is told to go', () => {
  const cancelled = async (temporal: FakeTemporal, running: Attempt) => {
    temporal.standing = 'cancelled';
    running.end('cancelRequested');
    await assert.rejects(running.result, CompleteAsyncError);
    return (temporal.cancelled as unknown as Pick<PodResult, 'logs'>).logs;
  };

  test(
    'while its container is being created: what then starts all the same is followed to its end',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(async (pod) => {
        fake.schedule(pod.name);
        await pod.terminating;
        pod.run();
        pod.print('started late');
        await fake.until(() => fake.open('log') === 1);
        pod.print('and worked on');
        pod.finish({ exitCode: 0 });
      });
      const running = attempt();
      await temporal.until(() => temporal.heartbeats.at(-1)?.reason === 'ContainerCreating');
      const logs = await cancelled(temporal, running);
      assert.deepEqual(await linesOf({ logs }), ['started late', 'and worked on']);
      assert.deepEqual([logs.lines, logs.gaps], [2, 0]);
    }),
  );

  test(
    'and whose container starts and ends before its log could be opened: the log says so',
    inWorld(async ({ fake, temporal, attempt }) => {
      fake.script(async (pod) => {
        fake.schedule(pod.name);
        await pod.terminating;
        pod.run();
        pod.print('unseen');
        pod.finish({ exitCode: 0 });
      });
      const running = attempt();
      await temporal.until(() => temporal.heartbeats.at(-1)?.reason === 'ContainerCreating');
      const logs = await cancelled(temporal, running);
      assert.deepEqual([await linesOf({ logs }), logs.gaps], [['<gap>'], 1]);
    }),
  );

  test(
    'and whose container never started: no line is missing, whatever the kubelet makes of its end',
    inWorld(async ({ fake, temporal, attempt }) => {
      const unseen = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };
      fake.script(async (pod) => {
        fake.schedule(pod.name);
        await pod.terminating;
        const [status] = pod.pod.status?.containerStatuses ?? [];
        if (status) status.state = { terminated: unseen as unknown as V1ContainerStateTerminated };
        fake.remove(pod.name);
      });
      const running = attempt();
      await temporal.until(() => temporal.heartbeats.at(-1)?.reason === 'ContainerCreating');
      assert.equal((await cancelled(temporal, running)).gaps, 0);
    }),
  );

  test(
    'and whose container starts behind a half-open connection, on which nobody answers any more: likewise',
    inWorld(
      async ({ fake, temporal, attempt }) => {
        fake.script(async (pod) => {
          fake.schedule(pod.name);
          await pod.terminating;
          fake.stallWatches();
          pod.run();
          pod.print('unseen');
          const before = fake.count('read');
          fake.remove(pod.name);
          // The deletion sees it gone; who asks later hears nothing.
          await fake.until(() => fake.count('read') > before);
          fake.plan('read', 'hang', { times: 1_000_000 });
        });
        const running = attempt();
        await temporal.until(() => temporal.heartbeats.at(-1)?.reason === 'ContainerCreating');
        const logs = await cancelled(temporal, running);
        assert.deepEqual([await linesOf({ logs }), logs.gaps], [['<gap>'], 1]);
      },
      { waits: { lastWord: 100 } },
    ),
  );

  test(
    'is read to its end meanwhile; where that cannot be, the log says so',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script(async (pod) => {
        pod.run();
        pod.print('begun');
        await pod.terminating;
        fake.plan('log', { answer: 500 }, { times: 1_000_000 });
        fake.cut('log', 'reset');
        pod.print('unread');
        pod.finish({ exitCode: 143 });
      });
      const running = attempt({ ...SPEC, callbacks: ['see'] });
      await stored('begun');
      const logs = await cancelled(temporal, running);
      assert.deepEqual([await linesOf({ logs }), logs.gaps], [['begun', '<gap>'], 1]);
    }),
  );
});

suite('a pod that is gone before the next attempt looks', () => {
  test(
    'what is stored of its logs counts; what was not read to its end says so',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script((pod) => {
        pod.run('prepare');
        pod.print('prepared', { container: 'prepare' });
        pod.finish({ exitCode: 0, container: 'prepare' });
        pod.run('base');
        pod.print('one');
        pod.print('two');
      });
      const spec = { ...CREW, callbacks: ['see'] };
      const first = attempt(spec);
      await Promise.all([stored('prepared'), stored('two')]);
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      await fake.until(() => fake.open('log') === 1);
      await endIsStored(dependencies.logRoot, 'prepare');
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      fake.remove(fake.left()[0] ?? '');
      const { error, details } = await failureOf(attempt(spec));
      assert.deepEqual([error.type, details.reason], ['PodDeleted', 'Gone']);
      const { logs } = details;
      assert.ok(logs);
      assert.deepEqual([logs.lines, logs.gaps, logs.tail], [3, 1, 'one\ntwo']);
      const { base = [], prepare } = await byContainer({ logs });
      assert.deepEqual([base.slice(0, 2), prepare], [['one', 'two'], ['prepared']]);
      assert.match(base[2] ?? '', /unread.*is there no more/);
    }),
  );

  test(
    'and of which nothing is stored: the log says so, and asks nothing of another pod of that name',
    inWorld(async ({ fake, attempt }) => {
      const first = attempt();
      await fake.until(() => fake.count('patch') === 1);
      const [name = ''] = fake.left();
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      fake.remove(name);
      const { details } = await failureOf(attempt());
      assert.ok(details.logs);
      assert.deepEqual([await linesOf({ logs: details.logs }), details.logs.gaps], [['<gap>'], 1]);
      assert.equal(fake.count('log'), 0);
    }),
  );

  test(
    'and that a half-open watch had told nothing of, since its gate was opened: it may have run, and the log says so',
    inWorld(
      async ({ fake, attempt, dependencies }) => {
        await dependencies.reflector('n').ready();
        await fake.until(() => fake.open('watch') === 1);
        fake.script((pod) => {
          fake.stallWatches();
          pod.run();
          pod.print('nobody hears it');
          fake.remove(pod.name);
        });
        const { details } = await failureOf(attempt());
        assert.equal(details.reason, 'Gone');
        assert.ok(details.logs);
        assert.deepEqual([await linesOf({ logs: details.logs }), details.logs.gaps], [['<gap>'], 1]);
      },
      { waits: { lastWord: 100, watcher: { look: 50, doubt: 50, told: 50 } } },
    ),
  );

  test(
    'to be cancelled: likewise',
    inWorld(async ({ fake, temporal, attempt, dependencies }) => {
      const { stored, callbacks } = watcher();
      dependencies.callbacks = callbacks;
      fake.script((pod) => {
        pod.run();
        pod.print('one');
      });
      const spec = { ...SPEC, callbacks: ['see'] };
      const first = attempt(spec);
      await stored('one');
      await temporal.until(() => temporal.recorded?.pod !== undefined);
      first.end('workerShutdown');
      await assert.rejects(first.result, CancelledFailure);
      fake.remove(fake.left()[0] ?? '');
      temporal.standing = 'cancelled';
      await assert.rejects(attempt(spec).result, CompleteAsyncError);
      const { logs } = temporal.cancelled as unknown as Pick<PodResult, 'logs'>;
      assert.deepEqual([await linesOf({ logs }), logs.lines, logs.gaps], [['one', '<gap>'], 1, 1]);
    }),
  );
});
