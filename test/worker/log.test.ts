import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLine, workerLogger } from '../../src/worker/log.ts';

const entry = (message: string, meta = {}) =>
  logLine({ level: 'INFO', message, timestampNanos: 1_795_378_598_470_000_000n, meta });

test('an entry is one line: time, level, what happened, then where', () => {
  const meta = {
    workflowId: 'sales',
    activityId: 'orders-1',
    node: 'n-1',
    taskToken: 'secret',
    sdkComponent: 'activity',
  };
  assert.equal(
    entry('pod orders-0123: Running', meta),
    '2026-11-22T20:16:38.470Z INFO  pod orders-0123: Running node=n-1 workflowId=sales activityId=orders-1',
  );
});

test('line breaks and blanks cannot make two entries of one', () => {
  assert.equal(entry('a\n  b', { why: 'c\nd' }), '2026-11-22T20:16:38.470Z INFO  a ⏎ b why="c\\nd"');
});

test('an error is told by name and message, without its stack', () => {
  assert.match(
    entry('Activity failed', { error: new TypeError('no such thing') }),
    / error="TypeError: no such thing"$/,
  );
});

test('what a worker of the SDK fails of is heard, and nothing else', () => {
  const heard: Error[] = [];
  const logger = workerLogger({ write: () => undefined, onError: (error) => void heard.push(error) });
  const error = new Error('the namespace is gone');
  logger.error('Worker failed', { sdkComponent: 'worker', error });
  logger.error('Activity failed', { sdkComponent: 'activity', error: new Error('another') });
  logger.warn('slow', { sdkComponent: 'worker', error: new Error('another') });
  assert.deepEqual(heard, [error]);
});

test('what each worker of the SDK tells at every start is left out; that one stops, and every error, is not', () => {
  const lines: string[] = [];
  const logger = workerLogger({ write: (line) => void lines.push(line.slice(25)) });
  logger.warn('No workflows registered, not polling for workflow tasks', { sdkComponent: 'worker' });
  logger.info('No Nexus services registered, not polling for Nexus tasks', { sdkComponent: 'worker' });
  logger.info('Worker state changed', { state: 'RUNNING' });
  logger.info('Worker state changed', { state: 'STOPPING' });
  logger.error('No workflows registered', { sdkComponent: 'worker' });
  assert.deepEqual(lines, ['INFO  Worker state changed state=STOPPING', 'ERROR No workflows registered']);
});
