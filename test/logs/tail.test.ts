import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { sanitise } from '../../src/logs/sanitise.ts';
import { Tail } from '../../src/logs/tail.ts';

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
