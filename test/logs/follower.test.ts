import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { follow, type Follower } from '../../src/logs/follower.ts';
import { LogStoreError, fileSegments, type Segment } from '../../src/logs/segments.ts';
import { epoch, FakeKubelet, KubernetesError } from './fake-kubelet.ts';
import { limits, testFolder, texts } from './support.ts';

const long = 60_000;
const second = 1_000_000_000n;

async function eventually(fact: () => boolean): Promise<void> {
  while (!fact()) await setTimeout(1);
}

async function followerOf(kubelet: FakeKubelet, folder: string, more: Partial<typeof limits> = {}): Promise<Follower> {
  const segment = await fileSegments(folder).openSegment('base', 0);
  return follow(kubelet, segment, { state: () => kubelet.state, limits: { ...limits, ...more } });
}

function kubeletWith(...lines: string[]): FakeKubelet {
  const kubelet = new FakeKubelet();
  for (const line of lines) kubelet.write(line);
  return kubelet;
}

describe('while the container runs', () => {
  test('a stream that ends is opened again, whether it broke or ended cleanly', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two', 'three');
    kubelet.cuts.push({ after: 50, how: 'eof' }, { after: 100, how: 'break' }, { after: 0, how: 'eof' });
    kubelet.refusals.push(new KubernetesError('waiting'), new KubernetesError('transient'));
    const follower = await followerOf(kubelet, folder.path);
    follower.start();
    await eventually(() => follower.counters.lines === 3);
    kubelet.write('four');
    await eventually(() => follower.counters.lines === 4);
    await follower.stop();
    assert.deepEqual(await texts(folder.path), ['one', 'two', 'three', 'four']);
  });

  test('it is read again from two whole seconds before the last record', async () => {
    await using folder = await testFolder();
    const kubelet = new FakeKubelet();
    for (const seconds of [0n, 10n, 20n]) kubelet.write(`at ${seconds}`, { ns: epoch + seconds * second + 999n });
    const follower = await followerOf(kubelet, folder.path);
    kubelet.cuts.push({ after: 80, how: 'break' });
    follower.start();
    await eventually(() => follower.counters.lines === 3);
    await follower.stop();
    assert.deepEqual(
      kubelet.opened.map(({ sinceTime }) => sinceTime),
      [undefined, '2026-11-22T10:00:08Z'],
    );
  });

  test('a small log is read again as a whole, so that a clock that was set back hides nothing', async () => {
    await using folder = await testFolder();
    const kubelet = new FakeKubelet();
    kubelet.write('before', { ns: epoch + 3600n * second });
    kubelet.write('after', { ns: epoch });
    kubelet.cuts.push({ after: 40, how: 'break' });
    const follower = await followerOf(kubelet, folder.path, { wholeBelowBytes: 1000 });
    follower.start();
    await eventually(() => follower.counters.lines === 2);
    await follower.stop();
    assert.deepEqual(await texts(folder.path), ['before', 'after']);
  });

  test('what was rotated away while no stream was open is a gap, also when the container is silent now', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two', 'three', 'four');
    kubelet.written = 2;
    const follower = await followerOf(kubelet, folder.path);
    follower.start();
    await eventually(() => follower.counters.lines === 2);
    await follower.stop();
    kubelet.written = 4;
    kubelet.rotate(3);
    const next = await followerOf(kubelet, folder.path);
    next.start();
    await eventually(() => next.counters.lines === 3);
    kubelet.terminate();
    assert.deepEqual(await next.drain(long), { lines: 3, bytes: 13, gaps: 1 });
    assert.deepEqual(await texts(folder.path), ['one', 'two', '<rotated>', 'four']);
  });

  test('a stream that falls silent after a flood is opened anew: it may have missed a rotation', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two', 'three');
    const follower = await followerOf(kubelet, folder.path, { busyBytes: 13, busySilenceMs: 10 });
    follower.start();
    await eventually(() => follower.counters.lines === 3);
    kubelet.records.push({ ns: epoch + second, text: Buffer.from('missed by the stream'), full: true });
    await eventually(() => follower.counters.lines === 4);
    kubelet.terminate();
    await follower.drain(long);
    assert.deepEqual(await texts(folder.path), ['one', 'two', 'three', 'missed by the stream']);
  });

  test('a search that is slow, and then breaks, is not taken for a loss', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    kubelet.cuts.push({ after: 35, how: 'break' });
    const follower = await followerOf(kubelet, folder.path);
    const openLog = kubelet.openLog.bind(kubelet);
    kubelet.openLog = async (options) => {
      if (kubelet.opened.length === 1) {
        kubelet.opened.push(options);
        kubelet.cuts.push({ after: 20, how: 'break' });
        return new Promise<never>(() => undefined);
      }
      return openLog(options);
    };
    follower.start();
    await eventually(() => follower.counters.lines >= 2);
    await follower.stop();
    assert.deepEqual(await texts(folder.path), ['one', 'two']);
  });

  test('what comes is told as soon as it is stored', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const told: string[] = [];
    const segment = await fileSegments(folder.path).openSegment('base', 0);
    const onRecords = (records: readonly { bytes: Buffer }[]) =>
      told.push(...records.map(({ bytes }) => bytes.toString()));
    const follower = follow(kubelet, segment, { state: () => kubelet.state, limits, onRecords });
    assert.equal(await follower.opened(long), true);
    kubelet.write('two');
    await eventually(() => told.length === 2);
    await follower.stop();
    assert.deepEqual(told, ['one', 'two']);
  });

  test('opened tells when there is no stream', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.gone = true;
    const follower = await followerOf(kubelet, folder.path);
    assert.equal(await follower.opened(5), false);
    await follower.stop();
  });

  test('nothing more is read while the storage is busy', async () => {
    const kubelet = kubeletWith('one', 'two', 'three');
    kubelet.pieceSize = 35;
    const release = Promise.withResolvers<void>();
    let appends = 0;
    const segment = {
      logState: { cursor: undefined, counters: { bytes: 0 }, written: 0 },
      append: () => (appends++, release.promise.then(() => [])),
      close: () => Promise.resolve(),
    };
    const follower = follow(kubelet, segment as unknown as Segment, { state: () => kubelet.state, limits });
    follower.start();
    await eventually(() => appends === 1);
    for (let turn = 0; turn < 20; turn++) await setTimeout(0);
    assert.equal(appends, 1);
    const stopped = follower.stop();
    release.resolve();
    await stopped;
  });

  test('stop lets go of a source that does not answer, and nothing is lost', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    kubelet.written = 1;
    const segment = await fileSegments(folder.path).openSegment('base', 0);
    const deaf = { openLog: () => new Promise<never>(() => undefined) };
    const follower = follow(deaf, segment, { state: () => 'running' });
    follower.start();
    await follower.stop();
    await assert.rejects(follower.drain(long), /not followed any more/);
    kubelet.written = 2;
    kubelet.terminate();
    await (await followerOf(kubelet, folder.path)).drain(long);
    assert.deepEqual(await texts(folder.path), ['one', 'two']);
  });

  test('a storage that refuses is noted, and the log goes on when it accepts again', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    const segment = await fileSegments(folder.path).openSegment('base', 0);
    const full = new LogStoreError('store', 'no space left');
    let refuse = true;
    const sometimes: Segment = {
      ...segment,
      logState: segment.logState,
      append: (records) => (refuse ? Promise.reject(full) : segment.append(records)),
      close: () => segment.close(),
      end: () => segment.end(),
      addGap: (gap) => segment.addGap(gap),
    };
    const follower = follow(kubelet, sometimes, { state: () => kubelet.state, limits });
    follower.start();
    await eventually(() => follower.note === 'no space left');
    refuse = false;
    await eventually(() => follower.counters.lines === 2);
    kubelet.terminate();
    await follower.drain(long);
    assert.equal(follower.note, undefined);
    assert.deepEqual(await texts(folder.path), ['one', 'two']);
  });
});

describe('drain', () => {
  test('reads to the end of a container that has terminated, the piece without a newline too', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await followerOf(kubelet, folder.path);
    follower.start();
    await eventually(() => follower.counters.lines === 1);
    kubelet.write('two');
    kubelet.write('end', { full: false });
    kubelet.terminate();
    assert.deepEqual(await follower.drain(long), { lines: 3, bytes: 11, gaps: 0 });
    assert.equal(follower.tail, 'one\ntwo\nend');
    assert.deepEqual(await texts(folder.path), ['one', 'two', 'end']);
    assert.equal(kubelet.opened.at(-1)?.follow, false);
  });

  test('does not wait for a followed stream that never ends', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await followerOf(kubelet, folder.path);
    follower.start();
    await eventually(() => follower.counters.lines === 1);
    kubelet.records.push({ ns: epoch + second, text: Buffer.from('unseen by the stream'), full: true });
    kubelet.running = false;
    await follower.drain(long);
    assert.deepEqual(await texts(folder.path), ['one', 'unseen by the stream']);
  });

  test('tries again what fails, and when the kubelet speaks instead', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    kubelet.terminate();
    kubelet.refusals.push(new KubernetesError('transient'));
    kubelet.cuts.push({ after: 40, how: 'break' });
    kubelet.speech = 'unable to retrieve container logs for containerd://abc';
    const follower = await followerOf(kubelet, folder.path);
    const drained = follower.drain(long);
    await eventually(() => follower.note === kubelet.speech);
    kubelet.speech = undefined;
    assert.deepEqual(await drained, { lines: 2, bytes: 8, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'two']);
  });

  test('does not believe one clean end: the API server ends a stream so, too, when its own connection breaks', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two', 'three');
    kubelet.write('end', { full: false });
    kubelet.terminate();
    // Behind the second line.
    kubelet.cuts.push({ after: 70, how: 'eof' });
    assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(long), { lines: 4, bytes: 17, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'two', 'three', 'end']);
  });

  test('does not believe it before the first byte either', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.terminate();
    kubelet.cuts.push({ after: 0, how: 'eof' });
    await (await followerOf(kubelet, folder.path)).drain(long);
    assert.deepEqual(await texts(folder.path), ['one']);
  });

  test('a torn last piece is no line', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two and more');
    kubelet.terminate();
    // Both in the middle of the second line.
    kubelet.cuts.push({ after: 35 + 36, how: 'eof' }, { after: 35 + 33, how: 'eof' });
    assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(long), { lines: 2, bytes: 17, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'two and more']);
  });

  test('does not take lines for rotated away because streams ended before the place was found', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two', 'three', 'four');
    kubelet.written = 3;
    const first = await followerOf(kubelet, folder.path);
    first.start();
    await eventually(() => first.counters.lines === 3);
    await first.stop();
    kubelet.written = 4;
    kubelet.terminate();
    kubelet.cuts.push({ after: 35, how: 'eof' }, { after: 35, how: 'eof' });
    assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(long), { lines: 4, bytes: 19, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'two', 'three', 'four']);
  });

  test('nor because the clock was set back: then many ends in a row have to do', async () => {
    await using folder = await testFolder();
    const kubelet = new FakeKubelet();
    kubelet.write('before', { ns: epoch + 3600n * second });
    const first = await followerOf(kubelet, folder.path);
    first.start();
    await eventually(() => first.counters.lines === 1);
    await first.stop();
    kubelet.write('after', { ns: epoch });
    kubelet.rotate(1);
    kubelet.terminate();
    assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(long), { lines: 2, bytes: 13, gaps: 1 });
    assert.deepEqual(await texts(folder.path), ['before', '<rotated>', 'after']);
  });

  test('one read is enough when the stream was followed to its end', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await followerOf(kubelet, folder.path);
    assert.equal(await follower.opened(long), true);
    kubelet.write('end', { full: false });
    kubelet.terminate();
    assert.deepEqual(await follower.drain(long), { lines: 2, bytes: 7, gaps: 0 });
    assert.deepEqual(
      kubelet.opened.map((options) => options.follow),
      [true, false],
    );
  });

  test('ends the wait for the next stream', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.refusals.push(new KubernetesError('transient'));
    // A day: the runner would end the test long before.
    const follower = await followerOf(kubelet, folder.path, { backoff: { firstMs: 86_400_000, mostMs: 86_400_000 } });
    follower.start();
    await eventually(() => follower.note !== undefined);
    kubelet.terminate();
    assert.deepEqual(await follower.drain(long), { lines: 1, bytes: 4, gaps: 0 });
  });

  test('says in the log what it could not read in time, once', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.terminate();
    kubelet.speech = 'unable to retrieve container logs for containerd://abc';
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(5), { lines: 0, bytes: 0, gaps: 1 });
    }
    assert.deepEqual(await texts(folder.path), ['<unread>']);
  });

  test('goes on behind such a gap when a later attempt can read after all', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    kubelet.cuts.push({ after: 35, how: 'break' });
    const follower = await followerOf(kubelet, folder.path);
    kubelet.refusals.push(...Array.from({ length: 2 }, () => new KubernetesError('transient')));
    follower.start();
    await eventually(() => follower.counters.lines === 1);
    kubelet.terminate();
    kubelet.speech = 'not now';
    assert.deepEqual(await follower.drain(5), { lines: 1, bytes: 4, gaps: 1 });
    kubelet.speech = undefined;
    assert.deepEqual(await (await followerOf(kubelet, folder.path)).drain(long), { lines: 2, bytes: 8, gaps: 1 });
    assert.deepEqual(await texts(folder.path), ['one', '<unread>', 'two']);
  });

  test('never calls the log of a container complete that may still run', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const drained = await (await followerOf(kubelet, folder.path)).drain(5);
    assert.deepEqual(drained, { lines: 1, bytes: 4, gaps: 1 });
    kubelet.write('two');
    kubelet.terminate();
    await (await followerOf(kubelet, folder.path)).drain(long);
    assert.deepEqual(await texts(folder.path), ['one', '<unread>', 'two']);
  });

  test('reads nothing when an earlier attempt has seen the end', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one', 'two');
    kubelet.terminate();
    const first = await (await followerOf(kubelet, folder.path)).drain(long);
    kubelet.gone = true;
    const opened = kubelet.opened.length;
    const next = await followerOf(kubelet, folder.path);
    assert.deepEqual(await next.drain(long), first);
    assert.equal(next.tail, 'one\ntwo');
    assert.equal(kubelet.opened.length, opened);
  });

  test('fails clearly when the storage refuses to the end', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.terminate();
    const segment = await fileSegments(folder.path).openSegment('base', 0);
    await segment.close();
    const full = new LogStoreError('store', 'no space left');
    const refusing: Segment = {
      logState: segment.logState,
      append: () => Promise.reject(full),
      addGap: () => Promise.reject(full),
      end: () => Promise.reject(full),
      close: () => Promise.resolve(),
    };
    await assert.rejects(follow(kubelet, refusing, { state: () => kubelet.state, limits }).drain(5), full);
  });
});

describe('drainOpen', () => {
  /** A follower with an open stream, in a pod that was told to go. */
  async function deleting(folder: string, kubelet: FakeKubelet): Promise<Follower> {
    const follower = await followerOf(kubelet, folder);
    assert.equal(await follower.opened(long), true);
    return follower;
  }

  test('stores what the container says when it is told to go', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await deleting(folder.path, kubelet);
    const drained = follower.drainOpen(long);
    kubelet.write('bye');
    kubelet.terminate();
    assert.deepEqual(await drained, { lines: 2, bytes: 8, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'bye']);
  });

  test('takes the end of the stream for the end when the pod is gone right after', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await deleting(folder.path, kubelet);
    const drained = follower.drainOpen(long);
    kubelet.write('bye');
    kubelet.write('end', { full: false });
    kubelet.gone = true;
    kubelet.terminate();
    assert.deepEqual(await drained, { lines: 3, bytes: 11, gaps: 0 });
    assert.deepEqual(await texts(folder.path), ['one', 'bye', 'end']);
  });

  test('opens a stream that breaks again, and says so when the pod is gone by then', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.cuts.push({ after: 30, how: 'break' }, { after: 80, how: 'break' });
    const follower = await deleting(folder.path, kubelet);
    const drained = follower.drainOpen(long);
    await eventually(() => kubelet.opened.length === 2);
    kubelet.gone = true;
    kubelet.write('this breaks the stream');
    assert.deepEqual(await drained, { lines: 1, bytes: 4, gaps: 1 });
    assert.deepEqual(await texts(folder.path), ['one', '<unread>']);
  });

  test('does not take an end of file for the end when nobody answered after it', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    kubelet.cuts.push({ after: 35, how: 'eof' });
    const follower = await followerOf(kubelet, folder.path);
    kubelet.openLog = async (options) => {
      if (kubelet.opened.length === 0) return FakeKubelet.prototype.openLog.call(kubelet, options);
      kubelet.opened.push(options);
      throw new KubernetesError(kubelet.opened.length < 4 ? 'transient' : 'notFound');
    };
    assert.deepEqual(await follower.drainOpen(long), { lines: 1, bytes: 4, gaps: 1 });
  });

  test('gives up a container that does not end, and says so', async () => {
    await using folder = await testFolder();
    const kubelet = kubeletWith('one');
    const follower = await deleting(folder.path, kubelet);
    assert.deepEqual(await follower.drainOpen(5), { lines: 1, bytes: 4, gaps: 1 });
    assert.deepEqual(await texts(folder.path), ['one', '<unread>']);
  });
});
