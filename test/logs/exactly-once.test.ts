/** The promise of the whole folder, as properties: attempts die, freeze, wake up and tear records; streams break anywhere. */
import assert from 'node:assert/strict';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { Follower } from '../../src/logs/follower.ts';
import { SourceReader } from '../../src/logs/source-reader.ts';
import { shownBytes } from '../../src/logs/record.ts';
import { SegmentChain } from '../../src/logs/segment-chain.ts';
import type { Entry } from '../../src/logs/segment-format.ts';
import { fileSegments, type Segment } from '../../src/logs/segments.ts';
import { epoch, FakeKubelet, type Cut, type RuntimeRecord } from './fake-kubelet.ts';
import { asEntry, limits, readAll, recordsOf, show, testFolder } from './support.ts';

const millisecond = 1_000_000n;

interface Line {
  readonly text: Buffer;
  /** Where the runtime cuts it into records that are not full. */
  readonly pieceSize: number;
  readonly pause: bigint;
  readonly early: bigint;
}

const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('same', 'same again', '', '\r', 'tab\there').map((value) => Buffer.from(value)),
  },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((b) => (b === 10 ? 11 : b)))),
  },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 3000 }).map((length) => Buffer.alloc(length, 'long ')) },
);

/** Up to 3 ms out of order, often at the very same instant, sometimes seconds apart. */
const line: fc.Arbitrary<Line> = fc.record({
  text,
  pieceSize: fc.constantFrom(16, 200, 10_000),
  pause: fc.constantFrom(0n, 0n, 1n, millisecond, 400n * millisecond, 2500n * millisecond),
  early: fc.constantFrom(0n, 0n, millisecond, 3n * millisecond),
});

function runtimeRecords(lines: readonly Line[], lastIsWhole: boolean): RuntimeRecord[] {
  let clock = epoch;
  return lines.flatMap(({ text: bytes, pieceSize, pause, early }, index) => {
    clock += pause;
    const pieces: RuntimeRecord[] = [];
    for (let at = 0; at === 0 || at < bytes.length; at += pieceSize) {
      const full = at + pieceSize >= bytes.length && (lastIsWhole || index < lines.length - 1);
      pieces.push({ ns: clock - early, text: bytes.subarray(at, at + pieceSize), full });
    }
    return pieces;
  });
}

interface Step {
  /** Runtime records written before it. */
  readonly grow: number;
  readonly cuts: readonly Cut[];
  readonly who: 'same' | 'new' | 'torn' | 'frozen';
  readonly which: number;
  readonly look: boolean;
  readonly rotate: boolean;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  after: fc.integer({ min: 0, max: 400 }),
  how: fc.constantFrom('break', 'eof'),
});

const step: fc.Arbitrary<Step> = fc.record({
  grow: fc.integer({ min: 0, max: 12 }),
  cuts: fc.array(cut, { minLength: 1, maxLength: 3 }),
  who: fc.constantFrom('same', 'same', 'new', 'torn', 'frozen'),
  which: fc.nat(),
  look: fc.boolean(),
  rotate: fc.boolean(),
});

interface Attempt {
  readonly segment: Segment;
  readonly reading: SourceReader;
}

/** Lives through the steps, then lets a last attempt drain the log. Returns what a reader saw who looked on. */
async function live(
  folder: string,
  kubelet: FakeKubelet,
  steps: readonly Step[],
  finalCuts: readonly Cut[],
  {
    rotation = false,
    maxLineBytes,
    maxBytes,
  }: { rotation?: boolean; maxLineBytes?: number | undefined; maxBytes?: number | undefined } = {},
) {
  const options = { state: () => kubelet.state, limits, maxLineBytes };
  const signal = new AbortController().signal;
  const store = fileSegments(folder, { maxBytes });
  const chain = new SegmentChain(folder, { container: 'base', restart: 0 });
  const seen: Entry[] = [];
  const look = async () => {
    for (let entries = await chain.read(); entries; entries = await chain.read()) seen.push(...entries);
  };
  const begin = async (): Promise<Attempt> => {
    const segment = await store.openSegment('base', 0);
    return { segment, reading: new SourceReader(kubelet, segment, options) };
  };
  const attempts = [await begin()];
  kubelet.impatient = true;
  kubelet.written = 0;
  for (const { grow, cuts, who, which, look: looks, rotate } of steps) {
    kubelet.written = Math.min(kubelet.written + grow, kubelet.records.length);
    if (rotation && rotate) kubelet.rotate(kubelet.written - 1);
    if (who === 'torn') await tear(folder);
    if (who === 'new' || who === 'torn') attempts.push(await begin());
    const attempt = who === 'frozen' ? attempts[which % attempts.length] : attempts.at(-1);
    kubelet.cuts.splice(0, Infinity, ...cuts);
    await attempt?.reading.read(true, signal);
    if (looks) await look();
  }
  kubelet.written = Infinity;
  kubelet.running = false;
  kubelet.cuts.splice(0, Infinity, ...finalCuts);
  const last = await begin();
  const counters = await new Follower(kubelet, last.segment, options).drain(60_000);
  await look();
  for (const { segment } of attempts) await segment.close();

  return { seen, counters };
}

/** As if the process had died in the middle of a write. */
async function tear(folder: string): Promise<void> {
  const name =
    (await readdir(folder))
      .filter((file) => file.endsWith('.log'))
      .sort()
      .at(-1) ?? '';
  await appendFile(join(folder, name), '2026-11-22T10:00:00.000000001Z F half a rec');
}

const runs = Number(process.env['LOG_RUNS'] ?? 50);

test('whatever breaks, the stored log is every line once, in order, for one who looks on too', async () => {
  const lines = fc.array(line, { minLength: 1, maxLength: 60 });
  const law = fc.asyncProperty(
    fc.record({
      lines,
      whole: fc.boolean(),
      steps: fc.array(step, { maxLength: 25 }),
      finalCuts: fc.array(cut, { maxLength: 3 }),
      pieceSize: fc.constantFrom(7, 100, 65_536),
    }),
    async ({ lines: log, whole, steps, finalCuts, pieceSize }) => {
      await using folder = await testFolder();
      const kubelet = new FakeKubelet();
      kubelet.pieceSize = pieceSize;
      kubelet.records = runtimeRecords(log, whole);
      const expected = recordsOf(kubelet.whole());
      const { seen, counters } = await live(folder.path, kubelet, steps, finalCuts);
      const stored = await readAll(folder.path);
      assert.deepEqual(stored.map(show), expected.map(asEntry));
      assert.deepEqual(
        seen.flatMap((entry) => (entry.kind === 'record' ? asEntry(entry) : [])),
        expected.map(asEntry),
      );
      const bytes = expected.reduce((sum, record) => sum + record.bytes.length + Number(record.newline), 0);
      assert.deepEqual(counters, { lines: expected.length, bytes, gaps: 0 });
    },
  );
  await fc.assert(law, { numRuns: runs });
});

test('with rotation: what survives is there once, in order, and every loss is behind a gap', async () => {
  const lines = fc.array(fc.record({ pause: line.chain(({ pause }) => fc.constant(pause)), early: fc.constant(0n) }), {
    minLength: 1,
    maxLength: 60,
  });
  const law = fc.asyncProperty(
    fc.record({ lines, steps: fc.array(step, { maxLength: 25 }), finalCuts: fc.array(cut, { maxLength: 3 }) }),
    async ({ lines: log, steps, finalCuts }) => {
      await using folder = await testFolder();
      const kubelet = new FakeKubelet();
      const numbered = log.map(({ pause, early }, index) => ({
        text: Buffer.from(`line ${index}`),
        pieceSize: 100,
        pause,
        early,
      }));
      kubelet.records = runtimeRecords(numbered, true);
      await live(folder.path, kubelet, steps, finalCuts, { rotation: true });
      let next = 0;
      let excused = true;
      for (const { kind, bytes } of await readAll(folder.path)) {
        if (kind === 'gap') {
          excused = true;
          continue;
        }
        const index = Number(bytes.toString().slice('line '.length));
        assert.ok(index === next || (index > next && excused), `line ${index} where ${next} was expected`);
        next = index + 1;
        excused = false;
      }
      assert.equal(next, log.length, 'the last lines are there');
    },
  );
  await fc.assert(law, { numRuns: runs });
});

test('with limits: the beginning is there once, and what is left out is counted once, whoever reads it again', async () => {
  const distinct = (lines: readonly Line[]) =>
    lines.map((one, index) => ({ ...one, text: Buffer.concat([Buffer.from(`${index} `), one.text]) }));
  const law = fc.asyncProperty(
    fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 60 }).map(distinct),
      whole: fc.boolean(),
      steps: fc.array(step, { maxLength: 25 }),
      finalCuts: fc.array(cut, { maxLength: 3 }),
      pieceSize: fc.constantFrom(7, 100, 65_536),
      maxLineBytes: fc.constantFrom(undefined, 1, 30),
      maxBytes: fc.constantFrom(undefined, 0, 20, 200),
    }),
    async ({ lines: log, whole, steps, finalCuts, pieceSize, maxLineBytes, maxBytes }) => {
      await using folder = await testFolder();
      const kubelet = new FakeKubelet();
      kubelet.pieceSize = pieceSize;
      kubelet.records = runtimeRecords(log, whole);
      const records = recordsOf(kubelet.whole(), undefined, maxLineBytes);
      const sizes = records.map(({ bytes, newline }) => bytes.length + Number(newline));
      let room = maxBytes ?? Infinity;
      const count = sizes.findIndex((size) => (room -= size) < 0);
      const kept = count === -1 ? records.length : count;
      const { counters } = await live(folder.path, kubelet, steps, finalCuts, { maxLineBytes, maxBytes });

      const stored = (await readAll(folder.path)).filter(({ kind }) => kind !== 'gap');
      assert.deepEqual(
        stored.map(show),
        records.slice(0, kept).map((record) => asEntry({ ...record, bytes: shownBytes(record) })),
      );
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
      const dropped = {
        lines: records.length - kept,
        bytes: sum(sizes.slice(kept)) + sum(records.map(({ cut: more = 0 }) => more)),
      };
      const expected = { lines: kept, bytes: sum(sizes.slice(0, kept)), gaps: 0 };
      assert.deepEqual(counters, dropped.bytes > 0 ? { ...expected, dropped } : expected);
    },
  );
  await fc.assert(law, { numRuns: runs });
});
