import assert from 'node:assert/strict';
import test from 'node:test';
import { Aligner } from '../../src/logs/source-reader.ts';
import { recordKey, type LogRecord } from '../../src/logs/record.ts';
import { epoch, formatTimestamp } from './fake-kubelet.ts';

const record = (milliseconds: number, text: string): LogRecord => {
  const ns = epoch + BigInt(milliseconds) * 1_000_000n;
  return { timestamp: formatTimestamp(ns), ns, bytes: Buffer.from(text), newline: true };
};

const cursorAt = (last: LogRecord, times = 1) => ({ ns: last.ns, key: recordKey(last), times });

const [a, b, c] = [record(1, 'a'), record(2, 'b'), record(3, 'c')];

const cases: [name: string, aligner: Aligner, stream: LogRecord[], fresh: LogRecord[], state: Aligner['state']][] = [
  ['takes everything when nothing is stored', new Aligner(undefined), [a, b], [a, b], 'found'],
  ['takes what stands behind the cursor', new Aligner(cursorAt(b)), [a, b, c], [c], 'found'],
  ['takes what is older than the cursor and stands behind it', new Aligner(cursorAt(c)), [a, c, b], [b], 'found'],
  ['tells records of one instant apart', new Aligner(cursorAt(record(1, 'b'))), [a, record(1, 'b'), c], [c], 'found'],
  ['tells equal texts apart', new Aligner(cursorAt(record(2, 'a'))), [a, record(2, 'a'), c], [c], 'found'],
  ['counts equal records', new Aligner(cursorAt(a, 2)), [a, b, a, a, c], [a, c], 'found'],
  ['takes nothing as long as the cursor has not come', new Aligner(cursorAt(c)), [a, b], [], 'searching'],
  [
    'gives up when the stream is far behind the cursor',
    new Aligner(cursorAt(b), 2),
    [a, record(2003, 'x'), b, c],
    [],
    'passed',
  ],
  ['goes on searching just before that', new Aligner(cursorAt(b), 2), [a, record(2002, 'x'), b, c], [c], 'found'],
  ['searches a whole log to its end', new Aligner(cursorAt(b)), [record(9000, 'x'), b, c], [c], 'found'],
];

for (const [name, aligner, stream, fresh, state] of cases) {
  test(name, () => {
    const taken = stream.flatMap((item) => aligner.push([item]));
    assert.deepEqual(taken, fresh);
    assert.equal(aligner.state, state);
  });
}

test('finds the same place when the records come all at once', () => {
  assert.deepEqual(new Aligner(cursorAt(a, 2)).push([a, b, a, a, c]), [a, c]);
});

test('says how many equal records there were', () => {
  const aligner = new Aligner(cursorAt(a, 3));
  aligner.push([a, b, a]);
  assert.deepEqual([aligner.state, aligner.seen], ['searching', 2]);
});
