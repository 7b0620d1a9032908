/** Which log lines are meant, and in which order they come, without a Temporal. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mustBeTried } from '../../../src/client/commands/logs.ts';
import { fileSegments, type LogEntry } from '../../../src/logs/index.ts';
import { byTime, entriesAfter, entriesNow, type Seen } from '../../../src/client/logs/entries.ts';
import { podLabel } from '../../../src/client/logs/printer.ts';
import { checkTasks, selection } from '../../../src/client/logs/selection.ts';
import { Problem } from '../../../src/common/problem.ts';
import { recordsOf, testFolder } from '../../logs/support.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

suite('which pods', () => {
  const pod = (task: string, number = 1, tryNumber = 1) => ({ task, activityId: `${task}-${number}`, try: tryNumber });
  const all = [pod('a'), pod('a', 2, 2), pod('b'), pod('pod'), pod('pod', 2)];
  const chosen = (tasks: string[], one?: number) =>
    all.filter((pod) => selection({ tasks, try: one }).accepts(pod)).map(({ activityId }) => activityId);

  test('all when none is named', () => assert.equal(chosen([]).length, 5));
  test('those of the tasks that are named', () => assert.deepEqual(chosen(['a']), ['a-1', 'a-2']));
  test('those of one try', () => assert.deepEqual(chosen(['a'], 2), ['a-2']));
  test('pods of no task by their own name', () => assert.deepEqual(chosen(['pod-2']), ['pod-2']));

  const chunk = { from: 100, items: 100 };
  const ofChunk = (...tasks: string[]) => selection({ tasks }).ofChunk('load', chunk);
  test('the items of a map only when it is named', () => {
    assert.equal(ofChunk(), undefined);
    assert.equal(ofChunk('other'), undefined);
    assert.equal(ofChunk('load')?.accepts(pod('load-117')), true);
  });
  test('one item by its name, in the chunk where it is', () => {
    assert.equal(ofChunk('load-17'), undefined);
    assert.equal(ofChunk('load-117')?.accepts(pod('load-117')), true);
    assert.equal(ofChunk('load-117')?.accepts(pod('load-118')), false);
  });

  test('a task that is not there is named, with what was meant', () => {
    const mapped = { items: 200, done: 0, failed: 0, running: 0, chunks: [] };
    const nodes = [
      { name: 'load', state: 'done' as const, tries: 0, pods: [], mapped },
      { name: 'report', state: 'done' as const, tries: 0, pods: [] },
    ];
    checkTasks(['load', 'load-199', 'report'], nodes);
    const refuses = (task: string, text: RegExp) =>
      assert.throws(
        () => checkTasks([task], nodes),
        (error) => error instanceof Problem && text.test(error.message),
      );
    refuses('reprot', /no task 'reprot'; did you mean 'report'\?/);
    refuses('load-200', /no task 'load-200'/);
  });

  test('from the second pod of a task on, its lines say which', () => {
    assert.deepEqual(all.map(podLabel), ['a', 'a#2', 'b', 'pod-1', 'pod-2']);
  });
});

suite('which lines', () => {
  const at = (second: number, text: string) => `2026-11-22T10:00:0${second}.000000000Z ${text}\n`;
  const write = async (folder: string, container: string, ...lines: string[]) => {
    const segment = await fileSegments(folder).openSegment(container, 0);
    await segment.append(recordsOf(Buffer.from(lines.join(''))));
    await segment.close();
  };
  const texts = (entries: readonly LogEntry[]) => entries.map(({ bytes }) => bytes.toString());
  const wanted = { containers: [], since: undefined, tail: undefined };

  test('all, in the order of time', async () => {
    await using folder = await testFolder();
    await write(folder.path, 'base', at(1, 'b1'), at(3, 'b3'));
    await write(folder.path, 'init', at(2, 'i2'));
    assert.deepEqual(texts(await collect(entriesNow(folder.path, wanted, new Map()))), ['b1', 'i2', 'b3']);
  });
  test('of the containers that are named, since a moment', async () => {
    await using folder = await testFolder();
    await write(folder.path, 'base', at(1, 'b1'), at(3, 'b3'));
    await write(folder.path, 'init', at(4, 'i4'));
    const since = Date.parse('2026-11-22T10:00:02Z');
    const some = { ...wanted, containers: ['base'], since };
    assert.deepEqual(texts(await collect(entriesNow(folder.path, some, new Map()))), ['b3']);
  });
  test('the last ones of each container, still in the order of time', async () => {
    await using folder = await testFolder();
    await write(folder.path, 'base', at(1, 'b1'), at(2, 'b2'), at(5, 'b5'), at(6, 'b6'), at(7, 'b7'));
    await write(folder.path, 'init', at(3, 'i3'), at(6, 'i6'));
    const last = async (tail: number) => texts(await collect(entriesNow(folder.path, { ...wanted, tail }, new Map())));
    assert.deepEqual(await last(2), ['i3', 'b6', 'i6', 'b7']);
    assert.deepEqual(await last(0), []);
  });
  test('what comes after what was there, also of that which was not printed', async () => {
    await using folder = await testFolder();
    await write(folder.path, 'base', at(1, 'b1'), at(2, 'b2'));
    const seen: Seen = new Map();
    await collect(entriesNow(folder.path, { ...wanted, tail: 1 }, seen));
    const segment = await fileSegments(folder.path).openSegment('base', 1);
    await segment.append(recordsOf(Buffer.from(at(3, 'b3'))));
    await segment.close();
    await write(folder.path, 'side', at(0, 's0'));
    assert.deepEqual(texts(await collect(entriesAfter(folder.path, wanted, { seen }))), ['s0', 'b3']);
  });
});

suite('several streams as one', () => {
  async function* stream(...times: number[]) {
    for (const time of times) yield time;
  }
  const merge = (...streams: AsyncGenerator<number>[]) => collect(byTime(streams, (time) => BigInt(time)));

  test('by time, each in its own order', async () => {
    assert.deepEqual(await merge(stream(1, 4, 9), stream(), stream(2, 3, 10)), [1, 2, 3, 4, 9, 10]);
    assert.deepEqual(await merge(stream(5, 1), stream(2)), [2, 5, 1]);
  });
});

test('a try that never was is refused, with those that were', () => {
  const pod = { task: 'load', main: 'base', after: [], scheduledAt: 0 };
  const all = [2, 1].map((number) => ({ ...pod, activityId: `load-${number}`, try: number }));
  const run = { workflowId: 'w', runId: 'r' };
  const meant = (pods: typeof all) => [{ run, pods }];
  assert.throws(() => mustBeTried({ tasks: ['load'], try: 9 }, meant([]), all), {
    exitCode: 2,
    message: '--try: no pod of it was try 9; there is: 1, 2',
  });
  mustBeTried({ tasks: [], try: 2 }, meant(all), all);
  mustBeTried({ tasks: [], try: undefined }, meant([]), []);
});
