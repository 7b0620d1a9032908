import assert from 'node:assert/strict';
import test from 'node:test';
import { Lines } from '../../src/logs/lines.ts';
import type { CallbackLine } from '../../src/contract/index.ts';
import { recordsOf } from './support.ts';

const stamp = '2026-11-22T10:00:00.000000001Z';

function shown(response: string | Buffer, limits: [piece?: number, line?: number] = []): CallbackLine[] {
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
