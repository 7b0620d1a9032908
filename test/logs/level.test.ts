import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { levelOf } from '../../src/logs/level.ts';

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
