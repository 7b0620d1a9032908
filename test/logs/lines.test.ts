import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { Lines, Tail, levelOf } from '../../src/logs/lines.ts';
import type { CallbackLine } from '../../src/contract/index.ts';
import { sanitise } from '../../src/logs/sanitise.ts';
import { recordsOf } from './support.ts';

const stamp = '2026-11-22T10:00:00.000000001Z';

function shown(response: string | Buffer, limits: [piece?: number | undefined, line?: number] = []): CallbackLine[] {
  const found: CallbackLine[] = [];
  const lines = new Lines('base', (line) => found.push(line));
  for (const record of recordsOf(Buffer.from(response), ...limits)) lines.add([record]);
  lines.end();
  return found;
}

test('a line is told with its container, its time and its level', () => {
  assert.deepEqual(shown(`${stamp} WARN: slow\n${stamp} plain\n${stamp} \n`), [
    { container: 'base', timestamp: stamp, text: 'WARN: slow', level: 'warn' },
    { container: 'base', timestamp: stamp, text: 'plain' },
    { container: 'base', timestamp: stamp, text: '' },
  ]);
});

test('pieces of a line are told as one, and so is a last line without an end', () => {
  assert.deepEqual(
    shown(`${stamp} aaaabbbbcc\n${stamp} dddde`, [4]).map(({ text }) => text),
    ['aaaabbbbcc', 'dddde'],
  );
});

test('of a very long line the first 64 KiB are told, and how many bytes there are more', () => {
  const [line] = shown(`${stamp} ${'x'.repeat(200_000)}\n`, [50_000]);
  assert.equal(line?.text, `${'x'.repeat(65_536)}… [${200_000 - 65_536} more bytes]`);
});

test('a line that was cut says so; bytes that are not UTF-8 are U+FFFD', () => {
  const response = Buffer.concat([Buffer.from(`${stamp} abcdef\n${stamp} `), Buffer.from([0xff, 0x0a])]);
  assert.deepEqual(
    shown(response, [undefined, 4]).map(({ text }) => text),
    ['abcd… [2 more bytes cut by logs.maxLineBytes]', '\ufffd'],
  );
});

const line = (text: string, newline = true) => ({ bytes: Buffer.from(text, 'latin1'), newline });

function tailOf(lines: { bytes: Buffer; newline: boolean }[], options: { maxBytes?: number; maxLines?: number } = {}) {
  const tail = new Tail(options);
  for (const one of lines) tail.add([one]);
  return tail;
}

describe('the tail', () => {
  test('is the last whole lines', () => {
    assert.equal(tailOf([line('one'), line('two'), line('three')], { maxLines: 2 }).toString(), 'two\nthree');
    assert.equal(tailOf([line('one'), line('two'), line('three')], { maxBytes: 11 }).toString(), 'two\nthree');
    assert.equal(tailOf([]).toString(), '');
  });

  test('joins the pieces of a line', () => {
    assert.equal(tailOf([line('one'), line('tw', false), line('o'), line('end', false)]).toString(), 'one\ntwo\nend');
  });

  test('of one line that is too long is its end', () => {
    assert.equal(tailOf([line('one'), line('abcdefgh')], { maxBytes: 4 }).toString(), 'efgh');
    assert.equal(tailOf([line('abc', false), line('def', false), line('gh')], { maxBytes: 4 }).toString(), 'efgh');
  });

  test('shows bytes that are not UTF-8 as U+FFFD', () => {
    assert.equal(tailOf([line('a\xffb')]).toString(), 'a\ufffdb');
  });

  test('is bounded, ends as the log does, and does not depend on how the records came', () => {
    const lines = fc.array(fc.record({ text: fc.string({ maxLength: 12 }), newline: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(lines, (records) => {
        const log = records.map(({ text, newline }) => line(text.replaceAll('\n', '-'), newline || text === ''));
        const options = { maxBytes: 30, maxLines: 4 };
        const tail = tailOf(log, options).toBuffer();
        const whole = Buffer.concat(log.flatMap(({ bytes, newline }) => [bytes, Buffer.from(newline ? '\n' : '')]));
        const expected = whole.at(-1) === 10 ? whole.subarray(0, -1) : whole;
        assert.ok(tail.length <= 30 && tail.toString().split('\n').length <= 4);
        assert.deepEqual(tail, expected.subarray(expected.length - tail.length));
        const atOnce = new Tail(options);
        atOnce.add(log);
        assert.deepEqual(atOnce.toBuffer(), tail);
      }),
    );
  });
});

describe('sanitise', () => {
  const cases: [name: string, text: string | Uint8Array, safe: string][] = [
    ['keeps text, tabs and newlines', 'a\tb\nç 漢 🙂', 'a\tb\nç 漢 🙂'],
    ['removes colours', '\x1b[1;31mred\x1b[0m', 'red'],
    ['removes cursor movements', 'a\x1b[2K\x1b[1Ab\x9b2Jc', 'abc'],
    ['removes titles and links', '\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b', 'ab'],
    ['shows other controls', 'a\rb\x00\x08\x7f', 'a␍b␀␈␡'],
    ['shows an escape that begins nothing, and one that removal lets appear', '\x1b\x1b[0m[31m', '␛[31m'],
    ['shows controls of the second kind and changes of direction', '\x85\u202e', '\\u0085\\u202e'],
    ['drops a carriage return before a newline', 'a\r\nb', 'a\nb'],
    ['replaces bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'a\ufffdb'],
  ];
  for (const [name, text, safe] of cases) test(name, () => assert.equal(sanitise(text), safe));

  test('lets no control character through, whatever the text', () => {
    const pieces = fc.constantFrom(
      '\x1b',
      '[',
      ']',
      '\x9b',
      '\x9d',
      '0',
      'm',
      ';',
      '\x07',
      '\\',
      '\r',
      '\n',
      'x',
      '\x18',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        assert.match(sanitise(parts.join('')), /^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$/);
      }),
    );
  });
});

describe('the level of a line', () => {
  const cases: [line: string, level: string | undefined][] = [
    ['ERROR: it broke', 'error'],
    ['Error: it broke', 'error'],
    ['error: it broke', 'error'],
    ['WARN: slow', 'warn'],
    ['[WARN] slow', 'warn'],
    ['[ info ] fine', 'info'],
    ['<debug> x', 'debug'],
    ['(warning) x', 'warn'],
    ['INFO fine', 'info'],
    ['ERROR', 'error'],
    ['FATAL - gone', 'error'],
    ['level=warn msg="slow"', 'warn'],
    ['time="2026-11-22T10:00:00Z" level=error msg="it broke"', 'error'],
    ['ts=1 lvl="debug" x', 'debug'],
    ['{"level":"error","msg":"it broke"}', 'error'],
    ['{"time":"2026","level":"INFO"}', 'info'],
    ['{"severity": "WARNING", "message": "slow"}', 'warn'],
    ['{"level":10,"msg":"x"}', 'debug'],
    ['{"level":20,"msg":"x"}', 'debug'],
    ['{"level":30,"msg":"x"}', 'info'],
    ['{"level":40,"msg":"x"}', 'warn'],
    ['{"level":50,"msg":"x"}', 'error'],
    ['{"level":60,"msg":"x"}', 'error'],
    ['{"level":7,"msg":"x"}', undefined],
    ['{"msg":"ERROR: of others"}', undefined],
    ['E0102 15:04:05.000000       1 main.go:1] it broke', 'error'],
    ['W0102 15:04:05.000000       1 main.go:1] slow', 'warn'],
    ['I1231 15:04:05.000000       1 main.go:1] fine', 'info'],
    ['F0102 15:04:05.000000 7 x.cc:1] gone', 'error'],
    ['WARNING:root:slow', 'warn'],
    ['CRITICAL:etl.load:gone', 'error'],
    ['2026-11-22 10:00:00,123 ERROR [main] com.example.Job - it broke', 'error'],
    ['2026-11-22 10:00:00,123 [main] WARN  com.example.Job - slow', 'warn'],
    ['[2026-11-22 10:00:00,123] {job.py:12} INFO - fine', 'info'],
    ['[2026-11-22 10:00:00,123] INFO - fine', 'info'],
    ['2026-11-22T10:00:00Z ERROR it broke', 'error'],
    ['2026-11-22T10:00:00.123456Z  INFO ThreadId(01) etl: fine', 'info'],
    ['2026/11/22 10:00:00 [error] 12#12: *1 it broke', 'error'],
    ['10:00:00.123 | DEBUG | x', 'debug'],
    ['[Sun Nov 22 10:00:00 2026] [error] [pid 1] it broke', 'error'],
    ['Error rates are low today', undefined],
    ['information about the job', undefined],
    ['no error here', undefined],
    ['errors: 0', undefined],
    ['warning signs', undefined],
    ['', undefined],
    ['    at Object.<anonymous> (file.js:1:1)', undefined],
    ['constructor: x', undefined],
    [`${'x'.repeat(200)} ERROR: too late`, undefined],
  ];
  for (const [line, level] of cases)
    test(`${JSON.stringify(line.slice(0, 70))}: ${level ?? 'none'}`, () => assert.equal(levelOf(line), level));

  test('depends on the first 200 characters alone, whatever stands in them and however long the line is', () => {
    const hostile = fc.constantFrom('[', ' ', '[a] ', '2026-', '-', '{"level":', '\t', 'level = ', '1:', '"', 'WARN');
    const law = fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (parts) => {
      const line = parts.join('').repeat(100_000);
      assert.equal(levelOf(line), levelOf(line.slice(0, 200)));
    });
    fc.assert(law);
  });
});
