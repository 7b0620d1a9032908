import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { parseFrame } from '../../../src/activities/result/from-file.ts';
import { FRAME } from '../../../src/pod/collector.ts';
import { framed } from './support.ts';

const parse = (lines: string[]) => parseFrame(lines, '/out/r.json');
const kindOf = (lines: string[]) => {
  const found = parse(lines);
  return found?.found === 'trouble' ? found.kind : found?.found;
};

suite('what the collector says', () => {
  test('a file comes back byte for byte', () => {
    for (const text of ['{"a":1}\n', '"é😀\u2028"', ' 1 ', '"\\u0000"'])
      assert.deepEqual(parse(framed(text)), { found: 'text', text });
  });

  test('a byte order mark is no part of the text', () => {
    assert.deepEqual(parse(framed('\ufeff{}')), { found: 'text', text: '{}' });
  });

  test('no file, or an empty one: it left none', () => {
    assert.deepEqual(parse([`${FRAME} missing`]), { found: 'nothing', where: 'there is no file /out/r.json' });
    assert.deepEqual(parse(framed('')), { found: 'nothing', where: 'the file /out/r.json is empty' });
    assert.equal(kindOf(framed(' \n\t')), 'nothing');
  });

  test('what is no file of text, or may not be read, is not taken for none', () => {
    for (const word of ['dangling', 'irregular', 'unreadable'])
      assert.equal(kindOf([`${FRAME} ${word}`]), 'ResultInvalid');
    assert.equal(kindOf(framed(Buffer.from([0x22, 0xff, 0x22]))), 'ResultInvalid');
  });

  test('a file that is too large is told with its size', () => {
    const found = parse([`${FRAME} large 1073741824`]);
    assert.ok(found?.found === 'trouble' && found.kind === 'ResultTooLarge');
    assert.match(found.message, /1073741824 bytes, 1048576 are the most/);
  });

  test('a log that has not come to its end says nothing yet', () => {
    const whole = framed('{"a":1}');
    for (let lines = 0; lines < whole.length; lines++) assert.equal(parse(whole.slice(0, lines)), undefined);
    assert.equal(parse(['sh: something else']), undefined);
  });

  test('bytes that are not what was announced are no result', () => {
    const [begin = '', data = '', end = ''] = framed('{"a":1}');
    const other = Buffer.from('{"a":2}').toString('base64');
    assert.equal(kindOf([begin, other, end]), 'ResultMissing');
    assert.equal(kindOf([begin, data.slice(0, 4), end]), 'ResultMissing');
    assert.equal(kindOf([begin.replace(/ \d+ /, ' 8 '), data, end]), 'ResultMissing');
  });

  test('stopped in the middle of a frame, it begins again: the last one counts', () => {
    const [begin = '', data = ''] = framed('{"a":1}');
    assert.deepEqual(parse([begin, data, ...framed('{"a":1}')]), { found: 'text', text: '{"a":1}' });
    assert.equal(parse([...framed('{"a":1}'), begin]), undefined);
  });

  test('a frame is verified by the sum that sha256sum prints', () => {
    assert.match(framed('x')[0] ?? '', new RegExp(createHash('sha256').update('x').digest('hex')));
  });
});
