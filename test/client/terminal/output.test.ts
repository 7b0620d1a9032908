import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { createOutput, type Format, type Output } from '../../../src/client/terminal/output.ts';

/** What is written where, on a terminal or not. */
function written(format: Format, isTTY: boolean, work: (output: Output) => void): { stdout: string; stderr: string } {
  const make = () => Object.assign(new PassThrough(), { isTTY, hasColors: () => isTTY });
  const [stdout, stderr] = [make(), make()];
  work(createOutput(format, { stdout, stderr } as unknown as NodeJS.Process));
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

const line = (text: string | Buffer) => (output: Output) => output.log('etl', Buffer.from(text));
const terminal = (text: string | Buffer) => written('text', true, line(text)).stdout.replace(/^.*│\S*/, '');

describe('a line of a log', () => {
  test('on a terminal has the colour of its level', () => {
    assert.match(terminal('ERROR: it broke'), /\x1b\[31mERROR: it broke\x1b\[39m\n$/);
    assert.match(terminal('{"level":40,"msg":"slow"}'), /\x1b\[33m\{"level":40,"msg":"slow"\}\x1b\[39m\n$/);
    assert.equal(terminal('INFO fine'), ' INFO fine\n');
    assert.equal(terminal('no level'), ' no level\n');
  });

  test('on a terminal loses the escapes that it came with', () => {
    assert.equal(terminal('\x1b[2Ja\x1b]0;title\x07b\x00'), ' ab␀\n');
  });

  test('has a label without escapes or line breaks', () => {
    const labelled = (output: Output) => output.log('a\x1b[2J\nb', Buffer.from('x'));
    for (const isTTY of [true, false])
      assert.match(written('text', isTTY, labelled).stdout.replace(/\x1b\[\d+m/g, ''), /^a␊b │ x\n$/);
  });

  test('in a pipe stays as it came, byte by byte', () => {
    const bytes = Buffer.concat([Buffer.from('ERROR: \x1b[31m'), Buffer.from([0xff, 0])]);
    const make = () => new PassThrough();
    const stdout = make();
    const output = createOutput('text', { stdout, stderr: make() } as unknown as NodeJS.Process);
    output.log('etl', bytes);
    const all = stdout.read() as Buffer;
    assert.deepEqual(all.subarray(all.length - bytes.length - 1), Buffer.concat([bytes, Buffer.from('\n')]));
  });

  test('with -o json goes to stderr: stdout is for one document', () => {
    const { stdout, stderr } = written('json', false, line('one'));
    assert.equal(stdout, '');
    assert.match(stderr, /│\S* one\n$/);
  });
});

describe('what else comes from a pod', () => {
  const EVIL = 'a\x1b[2Jb\x1b]0;title\x07c';
  const plain = (text: string) => text.replace(/\x1b\[\d+m/g, '');
  const rows: [what: string, work: (output: Output) => void, stream: 'stdout' | 'stderr'][] = [
    ['a result', (output) => output.result(EVIL), 'stdout'],
    ['a failure', (output) => output.failure(EVIL, {}), 'stdout'],
    ['a word about the log', (output) => output.gap('etl', EVIL), 'stdout'],
    ['progress', (output) => output.say(EVIL), 'stderr'],
    ['progress of a task', (output) => output.state('etl', EVIL), 'stderr'],
  ];
  for (const [what, work, stream] of rows)
    test(`on a terminal loses its escapes: ${what}`, () => {
      const text = plain(written('text', true, work)[stream]);
      assert.match(text, /abc/);
      assert.doesNotMatch(text, /[\x1b\x07]/);
    });

  test('in a pipe a result stays as it came: a program reads it', () => {
    assert.equal(written('text', false, (output) => output.result(EVIL)).stdout, `${EVIL}\n`);
  });

  test('in a pipe a word about the log has no escapes either: it is ours', () => {
    assert.doesNotMatch(written('text', false, (output) => output.gap('etl', EVIL)).stdout, /\x1b/);
  });
});
