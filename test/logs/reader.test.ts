import assert from 'node:assert/strict';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readLog, type LogEntry } from '../../src/logs/reader.ts';
import type { LogRecord } from '../../src/logs/record.ts';
import { fileSegments } from '../../src/logs/segments.ts';
import { recordsOf, testFolder } from './support.ts';

const at = (second: number, text: string): LogRecord[] =>
  recordsOf(Buffer.from(`2026-11-22T10:00:0${second}.000000000Z ${text}\n`));

const plain = ({ container, kind, bytes }: LogEntry) => `${container} ${kind} ${bytes.toString()}`;

async function write(folder: string, container: string, restart: number, records: readonly LogRecord[]): Promise<void> {
  const segment = await fileSegments(folder).openSegment(container, restart);
  await segment.append(records);
  await segment.close();
}

async function collect(entries: AsyncIterable<LogEntry>): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of entries) found.push(plain(entry));
  return found;
}

test('several containers are read by time, each in its own order', async () => {
  await using folder = await testFolder();
  await write(folder.path, 'base', 0, [...at(2, 'b2'), ...at(1, 'b1'), ...at(5, 'b5')]);
  await write(folder.path, 'init', 0, [...at(0, 'i0'), ...at(3, 'i3')]);
  await write(folder.path, 'side', 0, at(9, 'first start'));
  await write(folder.path, 'side', 1, at(4, 'second start'));
  assert.deepEqual(await collect(readLog(folder.path)), [
    'init line i0',
    'base line b2',
    'base line b1',
    'init line i3',
    'base line b5',
    'side line first start',
    'side line second start',
  ]);
  assert.deepEqual(await collect(readLog(folder.path, { containers: ['init'] })), ['init line i0', 'init line i3']);
});

test('a folder that does not exist is an empty log', async () => {
  await using folder = await testFolder();
  assert.deepEqual(await collect(readLog(join(folder.path, 'nowhere'))), []);
});

test('gaps and pieces without a newline are told from lines', async () => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path).openSegment('base', 0);
  await segment.append(at(1, 'one'));
  await segment.addGap({ reason: 'rotated', message: 'm' });
  await segment.append(recordsOf(Buffer.from('2026-11-22T10:00:02.000000000Z end')));
  await segment.close();
  const [, gap, end] = await collect(readLog(folder.path));
  assert.equal(gap, 'base gap {"reason":"rotated","message":"m"}');
  assert.equal(end, 'base partial end');
});

test('a reader who follows sees lines, successors and containers as they come, and ends when told to', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'not', 'yet');
  const done = new AbortController();
  const entries = readLog(path, { follow: done.signal, pollMs: 1 });
  const next = async () => {
    const result = await entries.next();
    return result.done ? 'end' : plain(result.value);
  };
  let waiting = next();
  const store = fileSegments(path);
  const first = await store.openSegment('base', 0);
  await first.append(at(1, 'one'));
  assert.equal(await waiting, 'base line one');
  waiting = next();
  await first.append(at(2, 'two'));
  assert.equal(await waiting, 'base line two');
  waiting = next();
  const second = await store.openSegment('base', 0);
  await first.append(at(3, 'three, by the superseded writer'));
  await second.append(at(3, 'three'));
  assert.equal(await waiting, 'base line three');
  waiting = next();
  await write(path, 'side', 0, at(4, 'aside'));
  assert.equal(await waiting, 'side line aside');
  await second.append(at(5, 'last'));
  done.abort();
  assert.deepEqual([await next(), await next()], ['base line last', 'end']);
  await first.close();
  await second.close();
});

test('a reader who follows is woken by what is written, and by a new container, long before it would look again', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const segment = await store.openSegment('base', 0);
  const done = new AbortController();
  const entries = readLog(folder.path, { follow: done.signal, pollMs: 1e9 });
  for (const text of ['one', 'two', 'three']) {
    const next = entries.next();
    await segment.append(at(1, text));
    assert.equal(plain((await next).value as LogEntry), `base line ${text}`);
  }
  const next = entries.next();
  await write(folder.path, 'side', 0, at(4, 'aside'));
  assert.equal(plain((await next).value as LogEntry), 'side line aside');
  done.abort();
  await entries.return(undefined);
  await segment.close();
});

/** How often a file was opened, or a folder listed, from now on. */
function countCalls(t: TestContext, name: 'open' | 'readdir') {
  const counted = t.mock.method(files, name);
  syncBuiltinESMExports();
  return () => counted.mock.callCount();
}

/** A sidecar that has started so often, with a line and the end in each log, beside a container of a few lines. */
async function writeStarts(folder: string, starts: number): Promise<void> {
  await write(folder, 'base', 0, [...at(1, 'b1'), ...at(2, 'b2')]);
  for (let restart = 0; restart < starts; restart++) {
    const segment = await fileSegments(folder).openSegment('side', restart);
    await segment.append(at(1, `start ${restart}`));
    await segment.end();
    await segment.close();
  }
}

test('what it takes to read a log grows with its starts, not with their square', async (t) => {
  const opened: number[] = [];
  for (const starts of [20, 40]) {
    await using folder = await testFolder();
    await writeStarts(folder.path, starts);
    const opens = countCalls(t, 'open');
    const lines = await collect(readLog(folder.path));
    opened.push(opens());
    t.mock.restoreAll();
    syncBuiltinESMExports();
    assert.deepEqual(
      lines.filter((line) => line.startsWith('side')),
      Array.from({ length: starts }, (_, restart) => `side line start ${restart}`),
    );
  }
  const [few = 0, many = 0] = opened;
  assert.ok(many <= 2 * few, `20 starts took ${few} opened files, 40 took ${many}`);
});

test('a reader who follows opens no more the logs whose end it has read', async (t) => {
  await using folder = await testFolder();
  await writeStarts(folder.path, 20);
  t.after(() => syncBuiltinESMExports());
  const lists = countCalls(t, 'readdir');
  const opens = countCalls(t, 'open');
  const done = new AbortController();
  t.after(() => done.abort());
  let lines = 0;
  const reading = (async () => {
    for await (const entry of readLog(folder.path, { follow: done.signal, pollMs: 1 }))
      if (entry.kind === 'line') lines += 1;
  })();
  while (lines < 22) await setImmediate();
  const looks = async (times: number) => {
    for (const end = lists() + times; lists() < end;) await setImmediate();
  };
  // The look that found the last line may be under way.
  await looks(2);
  const before = opens();
  await looks(5);
  // What has not ended is looked at: its file, and whether it has a successor.
  assert.ok(opens() - before <= 12, `${opens() - before} files were opened in five looks`);
  done.abort();
  await reading;
});

test('lines that come to an earlier start after a later one was read are not missed', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const first = await store.openSegment('side', 0);
  await first.append(at(1, 'first start'));
  await write(folder.path, 'side', 1, at(3, 'second start'));
  const done = new AbortController();
  const entries = readLog(folder.path, { follow: done.signal, pollMs: 1 });
  const next = async () => {
    const result = await entries.next();
    return result.done ? 'end' : plain(result.value);
  };
  assert.deepEqual([await next(), await next()], ['side line first start', 'side line second start']);
  await first.append(at(2, 'late'));
  assert.equal(await next(), 'side line late');
  await first.close();
  done.abort();
  assert.equal(await next(), 'end');
});
