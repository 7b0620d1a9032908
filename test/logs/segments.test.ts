import assert from 'node:assert/strict';
import test from 'node:test';
import { appendFile, chmod, mkdir, open, readdir, readFile, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LogStoreError, fileSegments } from '../../src/logs/segments.ts';
import { SegmentChain } from '../../src/logs/segment-chain.ts';
import { encodeHeader, encodeRecords } from '../../src/logs/segment-format.ts';
import { readAll, recordsOf, testFolder, texts } from './support.ts';

const stamped = (...lines: string[]) =>
  recordsOf(Buffer.from(lines.map((line, index) => `2026-11-22T10:00:00.00000000${index}Z ${line}\n`).join('')));

test('a segment is a text file that says what it goes on from', async () => {
  await using folder = await testFolder();
  const store = fileSegments(join(folder.path, 'run', 'pod'));
  const first = await store.openSegment('base', 0);
  await first.append(stamped('one', 'two'));
  await first.close();
  const second = await store.openSegment('base', 0);
  await second.append(recordsOf(Buffer.from('2026-11-22T10:00:01.000000000Z three')));
  await second.addGap({ reason: 'unread', message: 'why' });
  await second.close();
  const path = (name: string) => join(folder.path, 'run', 'pod', name);
  const text1 = await readFile(path('base.0.0001.log'), 'utf8');
  assert.equal(
    text1,
    '# {"v":1,"container":"base","restart":0,"segment":1}\n' +
      '2026-11-22T10:00:00.000000000Z F one\n2026-11-22T10:00:00.000000001Z F two\n',
  );
  assert.equal(
    await readFile(path('base.0.0002.log'), 'utf8'),
    `# {"v":1,"container":"base","restart":0,"segment":2,"after":{"segment":1,"offset":${text1.length}}}\n` +
      '2026-11-22T10:00:01.000000000Z P three\n' +
      '2026-11-22T10:00:01.000000000Z G {"reason":"unread","message":"why"}\n',
  );
  assert.deepEqual(await readdir(join(folder.path, 'run', 'pod')), ['base.0.0001.log', 'base.0.0002.log']);
});

test('a log is open to its owner alone, also where an earlier version had made the folder of the pod', async () => {
  await using folder = await testFolder();
  const pod = join(folder.path, 'run', 'pod');
  await mkdir(pod, { recursive: true });
  await chmod(pod, 0o755);
  const umask = process.umask(0);
  const segment = await fileSegments(pod).openSegment('base', 0);
  process.umask(umask);
  await segment.close();
  const modes = await Promise.all(
    [pod, join(pod, 'base.0.0001.log')].map(async (path) => (await stat(path)).mode & 0o777),
  );
  assert.deepEqual(modes, [0o700, 0o600]);
});

test('writers that race never share a segment', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const segments = await Promise.all(Array.from({ length: 12 }, () => store.openSegment('base', 0)));
  for (const segment of segments) await segment.close();
  const names = (await readdir(folder.path)).sort();
  assert.deepEqual(
    names,
    Array.from({ length: 12 }, (_, index) => `base.0.${String(index + 1).padStart(4, '0')}.log`),
  );
});

test('each container and each restart has segments of its own', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  for (const [container, restart] of [
    ['base', 0],
    ['base', 1],
    ['side', 0],
  ] as const) {
    const segment = await store.openSegment(container, restart);
    assert.equal(segment.logState.counters.lines, 0);
    await segment.append(stamped(`${container} ${restart}`));
    await segment.close();
  }
  assert.deepEqual((await readdir(folder.path)).sort(), ['base.0.0001.log', 'base.1.0001.log', 'side.0.0001.log']);
});

test('a torn last record is cut off', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const first = await store.openSegment('base', 0);
  await first.append(stamped('one', 'two'));
  await first.close();
  await appendFile(join(folder.path, 'base.0.0001.log'), '2026-11-22T10:00:00.000000002Z F thr');
  const second = await store.openSegment('base', 0);
  assert.deepEqual(second.logState.counters, { lines: 2, bytes: 8, gaps: 0 });
  await second.append(stamped('-', '-', 'three').slice(2));
  await second.close();
  assert.deepEqual(await texts(folder.path), ['one', 'two', 'three']);
});

test('what a superseded writer appends is not part of the log, and it cannot say that the log is complete', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const frozen = await store.openSegment('base', 0);
  await frozen.append(stamped('one'));
  const next = await store.openSegment('base', 0);
  await frozen.append(stamped('-', 'two', 'three').slice(1));
  await frozen.addGap({ reason: 'rotated', message: '' });
  await next.append(stamped('-', 'two').slice(1));
  await assert.rejects(frozen.end(), { kind: 'superseded' });
  await frozen.close();
  await next.close();
  assert.deepEqual(await texts(folder.path), ['one', 'two']);
  const last = await store.openSegment('base', 0);
  assert.deepEqual([last.logState.counters, last.logState.ended], [{ lines: 2, bytes: 8, gaps: 0 }, false]);
  await last.close();
});

test('a superseded writer that goes on for a second learns that the log was taken from it', async (t) => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const old = await store.openSegment('base', 0);
  await old.append(stamped('one'));
  const next = await store.openSegment('base', 0);
  await old.append(stamped('-', 'two').slice(1));
  now = 1_000;
  await assert.rejects(old.append(stamped('-', '-', 'three').slice(2)), { kind: 'superseded' });
  await Promise.all([old.close(), next.close()]);
});

test('a writer that counted lines which a newer segment cut off meanwhile looks again', async (t) => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const frozen = await store.openSegment('base', 0);
  const [one, two] = stamped('one', 'two');
  assert.ok(one && two);
  await frozen.append([one]);
  const path = join(folder.path, 'base.0.0001.log');
  const offset = (await readFile(path)).length;
  await frozen.append([two]);
  // The newer segment is born when the writer has read both lines: it looked when there was only the first.
  const file = await open(path);
  const prototype = Object.getPrototypeOf(file) as { read: (...all: unknown[]) => Promise<unknown> };
  await file.close();
  const { read } = prototype;
  let reads = 0;
  t.mock.method(prototype, 'read', async function (this: unknown, ...all: unknown[]) {
    const bytes = await read.apply(this, all);
    const header = encodeHeader({ v: 1, container: 'base', restart: 0, segment: 2, after: { segment: 1, offset } });
    if (++reads === 1) await writeFile(join(folder.path, 'base.0.0002.log'), header);
    return bytes;
  });
  const next = await store.openSegment('base', 0);
  assert.deepEqual([next.logState.counters.lines, next.logState.cursor?.ns], [1, one.ns]);
  await next.append([two]);
  await next.close();
  await frozen.close();
  assert.deepEqual(await texts(folder.path), ['one', 'two']);
});

test('close resolves when what was written is on the disk: the pod may be deleted next', async (t) => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path).openSegment('base', 0);
  await segment.append(stamped('one'));
  const file = await open(join(folder.path, 'base.0.0001.log'));
  const onDisk = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  t.mock.method(Object.getPrototypeOf(file) as FileHandle, 'datasync', () => {
    asked.resolve();
    return onDisk.promise;
  });
  await file.close();
  const order: string[] = [];
  const closed = segment.close().then(() => order.push('closed'));
  await Promise.race([asked.promise, closed]);
  // Long enough for a close that does not wait.
  for (let turn = 0; turn < 10; turn++) await readdir(folder.path);
  order.push('on disk');
  onDisk.resolve();
  await closed;
  assert.deepEqual(order, ['on disk', 'closed']);
});

test('a reader who was faster than the successor sees no line twice', async () => {
  await using folder = await testFolder();
  const [one, two, three, four] = stamped('one', 'two', 'three', 'four');
  assert.ok(one && two && three && four);
  const key = { container: 'base', restart: 0 };
  const path = (segment: number) => join(folder.path, `base.0.000${segment}.log`);
  const header = encodeHeader({ v: 1, ...key, segment: 1 });
  await writeFile(path(1), Buffer.concat([header, encodeRecords([one, two, three])]));
  const chain = new SegmentChain(folder.path, key);
  const read = async () =>
    (await chain.read())?.map((entry) => (entry.kind === 'record' ? entry.bytes.toString() : entry.kind));
  assert.deepEqual(await read(), ['one', 'two', 'three']);
  // The successor looked before `two` and `three` were written.
  const offset = header.length + encodeRecords([one]).length;
  const second = encodeHeader({ v: 1, ...key, segment: 2, after: { segment: 1, offset } });
  await writeFile(path(2), Buffer.concat([second, encodeRecords([two])]));
  assert.equal(await read(), undefined);
  const third = encodeHeader({ v: 1, ...key, segment: 3, after: { segment: 2, offset: second.length } });
  await writeFile(path(3), Buffer.concat([third, encodeRecords([two, three, four])]));
  assert.deepEqual(await read(), ['four']);
  assert.deepEqual(await texts(folder.path), ['one', 'two', 'three', 'four']);
});

test('what is known of the log is the same for the next attempt', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const first = await store.openSegment('base', 0);
  await first.append(stamped('one', 'two'));
  await first.append(stamped('one').concat(stamped('one')));
  const second = await store.openSegment('base', 0);
  assert.deepEqual(second.logState.cursor, first.logState.cursor);
  assert.equal(second.logState.cursor?.times, 3);
  assert.deepEqual(second.logState.counters, first.logState.counters);
  assert.equal(second.logState.tail.toString(), 'one\ntwo\none\none');
  await second.end();
  await first.close();
  await second.close();
  const third = await store.openSegment('base', 0);
  assert.equal(third.logState.ended, true);
  await third.close();
});

test('pieces of a line count as one line', async () => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path).openSegment('base', 0);
  await segment.append(
    recordsOf(Buffer.from('2026-11-22T10:00:00.000000000Z aaaabbbbcc\n2026-11-22T10:00:01.000000000Z dddde'), 4),
  );
  assert.deepEqual(segment.logState.counters, { lines: 2, bytes: 16, gaps: 0 });
  await segment.close();
});

test('a failed write is a clear error, and the log goes on behind the last whole batch', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const segment = await store.openSegment('base', 0);
  const [one, two, three] = stamped('one', 'two', 'three');
  assert.ok(one && two && three);
  await segment.append([one]);
  await appendFile(join(folder.path, 'base.0.0001.log'), encodeRecords([two]).subarray(0, 40));
  await segment.close(); // The next write fails as on a full disk, after half a record.
  await assert.rejects(
    segment.append([two]),
    (error) => error instanceof LogStoreError && /^Cannot write the log/.test(error.message),
  );
  assert.equal(segment.logState.counters.lines, 1);
  await segment.append([two]);
  await segment.append([three]);
  await segment.close();
  assert.deepEqual(await texts(folder.path), ['one', 'two', 'three']);
});

test('a writer whose write failed does not take the log back from its successor', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const [one, two] = stamped('one', 'two');
  assert.ok(one && two);
  const old = await store.openSegment('base', 0);
  await old.append([one]);
  await old.close();
  await assert.rejects(old.append([two]));
  const next = await store.openSegment('base', 0);
  await assert.rejects(old.append([two]), { kind: 'superseded' });
  await next.append([two]);
  await next.close();
  assert.deepEqual(await texts(folder.path), ['one', 'two']);
});

test('bytes that no writer wrote become a gap', async () => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path).openSegment('base', 0);
  await segment.append(stamped('one'));
  await appendFile(join(folder.path, 'base.0.0001.log'), '\0\0\0\0\n');
  await segment.append(stamped('-', 'two').slice(1));
  await segment.close();
  assert.deepEqual(await texts(folder.path), ['one', '<unread>', 'two']);
});

test('behind maxBytes nothing is kept; what is left out is written down, and the next attempt counts on', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path, { maxBytes: 8 });
  const lines = stamped('one', 'two', 'three', 'four', 'five', 'six');
  const first = await store.openSegment('base', 0);
  assert.deepEqual(await first.append(lines.slice(0, 3)), lines.slice(0, 2));
  await first.append(lines.slice(3, 4));
  await first.close();
  const second = await store.openSegment('base', 0);
  const dropped = { lines: 2, bytes: 11 };
  assert.deepEqual(second.logState.counters, { lines: 2, bytes: 8, gaps: 0, dropped });
  assert.equal(second.logState.cursor?.ns, lines[3]?.ns);
  // A small one would have room.
  assert.deepEqual(await second.append(lines.slice(4)), []);
  await second.end();
  await second.close();
  assert.deepEqual(second.logState.counters.dropped, { lines: 4, bytes: 20 });
  assert.equal(second.logState.tail.toString(), 'one\ntwo\nfive\nsix');
  const messages = (await readAll(folder.path)).map(({ bytes }) => bytes.toString());
  assert.deepEqual(messages.slice(0, 2), ['one', 'two']);
  assert.match(messages[2] ?? '', /logs.maxBytes, or the policy's maxLogBytes, is reached/);
  assert.match(messages[3] ?? '', /dropped by logs.maxBytes or maxLogBytes: 4 lines, 20 bytes/);
  assert.equal(messages.length, 4);
});

test('an attempt that was killed has left out no more than it wrote down: the rest is read again', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path, { maxBytes: 3 });
  const megabyte = 'x'.repeat(1024 * 1024);
  const lines = stamped('one', 'two', 'three', megabyte, 'four');
  const killed = await store.openSegment('base', 0);
  for (const line of lines) await killed.append([line]);
  const next = await store.openSegment('base', 0);
  assert.deepEqual(next.logState.counters.dropped, { lines: 4, bytes: 4 + 4 + 6 + megabyte.length + 1 });
  assert.equal(next.logState.cursor?.ns, lines[3]?.ns);
  await next.close();
  await killed.close();
});

test('a line that is left out in pieces, by two attempts, is one line', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path, { maxBytes: 0 });
  const pieces = recordsOf(Buffer.from('2026-11-22T10:00:00.000000001Z aaaabb\n'), 4);
  const first = await store.openSegment('base', 0);
  await first.append(pieces.slice(0, 1));
  await first.close();
  const second = await store.openSegment('base', 0);
  await second.append(pieces.slice(1));
  assert.deepEqual(second.logState.counters.dropped, { lines: 1, bytes: 7 });
  await second.close();
});

test('a count over a gap says that it is the least', async () => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path, { maxBytes: 0 }).openSegment('base', 0);
  await segment.append(stamped('one'));
  await segment.addGap({ reason: 'rotated', message: 'm' });
  await segment.append(stamped('two'));
  await segment.close();
  assert.match((await readAll(folder.path)).at(-1)?.bytes.toString() ?? '', /at least 2 lines, 8 bytes/);
});

test('a line that was cut is stored as such, and shown as such', async () => {
  await using folder = await testFolder();
  const store = fileSegments(folder.path);
  const segment = await store.openSegment('base', 0);
  const lines = recordsOf(Buffer.from('2026-11-22T10:00:00.000000001Z abcdef\n'), undefined, 4);
  await segment.append(lines);
  await segment.close();
  assert.match(await readFile(join(folder.path, 'base.0.0001.log'), 'utf8'), /Z F:cut=2 abcd\n$/);
  assert.deepEqual(await texts(folder.path), ['abcd… [2 more bytes cut by logs.maxLineBytes]']);
  const next = await store.openSegment('base', 0);
  assert.deepEqual(next.logState.counters, { lines: 1, bytes: 5, gaps: 0, dropped: { lines: 0, bytes: 2 } });
  assert.equal(next.logState.tail.toString(), 'abcd… [2 more bytes cut by logs.maxLineBytes]');
  await next.close();
});

test('tailBytes is what the tail holds', async () => {
  await using folder = await testFolder();
  const segment = await fileSegments(folder.path, { tailBytes: 12 }).openSegment('base', 0);
  await segment.append(stamped('one', 'two', 'three', 'four'));
  assert.equal(segment.logState.tail.toString(), 'three\nfour');
  await segment.close();
});
