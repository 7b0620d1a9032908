import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { Splitter, type LogRecord, parseTimestamp, sinceTime } from '../../src/logs/record.ts';
import { recordsOf } from './support.ts';

const stamp = '2026-11-22T10:00:00.000000001Z';
const later = '2026-11-22T10:00:00.000000002Z';
const plain = ({ timestamp, bytes, newline }: LogRecord) =>
  `${timestamp.at(-2)}${newline ? 'F' : 'P'} ${bytes.toString('latin1')}`;
const split = (text: string, limit?: number) => recordsOf(Buffer.from(text, 'latin1'), limit).map(plain);

describe('timestamps', () => {
  const cases: [string, bigint | undefined][] = [
    ['1970-01-01T00:00:00.000000001Z', 1n],
    ['1970-01-01T00:00:01Z', 1_000_000_000n],
    ['1970-01-01T00:00:00.5Z', 500_000_000n],
    ['1970-01-01T08:00:00.000000007+08:00', 7n],
    ['1969-12-31T19:00:00.000000007-05:00', 7n],
    ['2026-11-22T10:00:00.123456789Z', 1795341600123456789n],
    ['2026-11-22 10:00:00.123456789Z', undefined],
    ['2026-13-22T10:00:00.123456789Z', undefined],
    ['2026-11-22T10:00:00.1234567890Z', undefined],
    ['unable', undefined],
    ['', undefined],
  ];
  for (const [text, ns] of cases) {
    test(`'${text}' is ${ns ?? 'none'}`, () => assert.equal(parseTimestamp(text), ns));
  }

  test('sinceTime is a whole second, so long before the record', () => {
    assert.equal(sinceTime(1795341600123456789n, 2), '2026-11-22T09:59:58Z');
    assert.equal(sinceTime(1n, 2), '1970-01-01T00:00:00Z');
  });
});

describe('the splitter', () => {
  const cases: [name: string, text: string, records: string[]][] = [
    ['takes the timestamp off each line', `${stamp} one\n${later} two\n`, ['1F one', '2F two']],
    ['keeps empty lines', `${stamp} \n${later} \n`, ['1F ', '2F ']],
    [
      'keeps carriage returns and bytes that are not UTF-8',
      `${stamp} a\r\n${stamp} \xff\xfe\x00\n`,
      ['1F a\r', '1F \xff\xfe\x00'],
    ],
    ['keeps what looks like a timestamp in the text', `${stamp} ${later} x\n`, [`1F ${later} x`]],
    ['gives the last piece without a newline as such', `${stamp} one\n${later} tw`, ['1F one', '2P tw']],
    [
      'continues a line without a timestamp under the last one',
      `${stamp} one\nmore\n${later} two\n`,
      ['1F one', '1F more', '2F two'],
    ],
    ['never takes the kubelet’s own words for log', 'unable to retrieve container logs for containerd://abc', []],
    ['skips the rest of a line from before sinceTime', `est\n${stamp} one\n`, ['1F one']],
    [
      'skips what the kubelet says at the end',
      `${stamp} one\nfailed to create fsnotify watcher: too many open files`,
      ['1F one'],
    ],
    ['makes no record of a timestamp alone', `${stamp} one\n${later} `, ['1F one']],
    ['skips a torn timestamp', `${stamp} one\n2026-11-22T10:0`, ['1F one']],
  ];
  for (const [name, text, records] of cases) test(name, () => assert.deepEqual(split(text), records));

  test('says what the kubelet said', () => {
    const splitter = new Splitter();
    assert.deepEqual(splitter.push(Buffer.from('unable to retrieve container logs for containerd://abc')), []);
    assert.deepEqual(splitter.end(), { pieces: [], isKubelet: true });
    assert.equal(splitter.kubeletText, 'unable to retrieve container logs for containerd://abc');
  });

  test('keeps a line of 1 MiB whole', () => {
    const text = 'x'.repeat(1024 * 1024);
    assert.deepEqual(split(`${stamp} ${text}\n`), [`1F ${text}`]);
  });

  test('cuts a line that is longer than the limit into pieces', () => {
    assert.deepEqual(split(`${stamp} aaaabbbbcc\n${later} dddd\n`, 4), ['1P aaaa', '1P bbbb', '1F cc', '2F dddd']);
    assert.deepEqual(split(`${stamp} aaaabbbbcc`, 4), ['1P aaaa', '1P bbbb', '1P cc']);
  });

  test('gives a line away before its end when it is too long', () => {
    const splitter = new Splitter({ piece: 100 });
    const given = splitter.push(Buffer.from(`${stamp} ${'x'.repeat(450)}`));
    assert.deepEqual(
      given.map(({ bytes }) => bytes.length),
      [100, 100, 100, 100],
    );
  });

  test('cuts a line behind so many bytes, and counts the rest without holding it', () => {
    const cutAt4 = (text: string) =>
      recordsOf(Buffer.from(text), undefined, 4).map((record) => [plain(record), record.cut]);
    assert.deepEqual(cutAt4(`${stamp} aaaabb\n${later} dddd\n${later} eeeee`), [
      ['1F aaaa', 2],
      ['2F dddd', undefined],
      ['2P eeee', 1],
    ]);
    const splitter = new Splitter({ line: 100 });
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    assert.deepEqual(splitter.push(Buffer.from(`${stamp} `)), []);
    for (let turn = 0; turn < 20; turn++) assert.deepEqual(splitter.push(chunk), []);
    const [line] = splitter.push(Buffer.from('\n'));
    assert.equal(line?.bytes.length, 100);
    assert.equal(line.cut, 20 * chunk.length - 100);
  });

  test('cuts a line that is longer than a piece behind whole pieces', () => {
    const records = recordsOf(Buffer.from(`${stamp} aaaabbbbccc\n${later} d\n`), 4, 10);
    assert.deepEqual(records.map(plain), ['1P aaaa', '1P bbbb', '1F cc', '2F d']);
    assert.deepEqual(
      records.map(({ cut }) => cut),
      [undefined, undefined, 1, undefined],
    );
  });

  test('gives the same records wherever the stream is cut into chunks', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `${stamp} ${text.replaceAll('\n', '')}\n`),
      fc.constantFrom(`${later} \n`, 'no timestamp\n', `${later} ${'y'.repeat(500)}\n`),
    );
    const log = fc.tuple(
      fc.array(line),
      fc.constantFrom('', `${later} piece`, `${later} ${'z'.repeat(90)}`, 'kubelet'),
    );
    fc.assert(
      fc.property(log, fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }), ([lines, end], sizes) => {
        const bytes = Buffer.from(lines.join('') + end);
        const splitter = new Splitter({ piece: 50 });
        const cutting = new Splitter({ piece: 50, line: 70 });
        const cut: LogRecord[] = [];
        const records: LogRecord[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          records.push(...splitter.push(bytes.subarray(at, at + size)));
          cut.push(...cutting.push(bytes.subarray(at, at + size)));
          at += size;
        }
        cut.push(...cutting.end().pieces);
        assert.deepEqual(cut, recordsOf(bytes, 50, 70));
        records.push(...splitter.end().pieces);
        assert.deepEqual(records.map(plain), recordsOf(bytes, 50).map(plain));
        const stamped = lines.join('').length === 0 || lines[0]?.startsWith('2026');
        if (stamped && end !== 'kubelet') {
          const expected = (lines.join('') + end).replaceAll(/^2026-\S+ /gm, '');
          assert.equal(
            records.map(({ bytes: b, newline }) => b.toString('latin1') + (newline ? '\n' : '')).join(''),
            Buffer.from(expected).toString('latin1'),
          );
        }
      }),
    );
  });
});
