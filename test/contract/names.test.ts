/** What one side writes into a history, the other side reads. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chunkId, readTimer, taskOfChunk, timerSummary, type TimerKind } from '../../src/contract/index.ts';

suite('the timer of a task', () => {
  for (const kind of ['held', 'keptForDebug', 'nextTry'] satisfies TimerKind[])
    test(`tells its kind (${kind}) and its task`, () => {
      assert.deepEqual(readTimer(timerSummary({ kind, task: 'load.eu-1' })), { kind, task: 'load.eu-1' });
    });

  for (const summary of ['', 'held', ': held', 'a: held up', 'wait: for it: held', 'a:held'])
    test(`is not ${JSON.stringify(summary)}, an author's own`, () => assert.equal(readTimer(summary), undefined));
});

suite('the workflowId of a chunk', () => {
  test('tells its task, also in a chunk of a chunk', () => {
    const chunk = chunkId('sales/1', 'load', 0);
    assert.equal(taskOfChunk('sales/1', chunk), 'load');
    assert.equal(taskOfChunk(chunk, chunkId(chunk, 'inner', 12)), 'inner');
  });

  for (const id of ['sales/1', 'sales/1/load', 'sales/1/load/x', 'sales/1/load/0/inner/0', 'sales/10/load/0', 'other'])
    test(`is not ${id}, which is another workflow's`, () => assert.equal(taskOfChunk('sales/1', id), undefined));
});
