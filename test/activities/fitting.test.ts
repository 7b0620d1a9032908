import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PodEnd } from '../../src/contract/index.ts';
import { fitting, RECORD_BYTES } from '../../src/activities/recorder.ts';

const NUL = '\u0000';
const end = (more: Partial<PodEnd> = {}): PodEnd => ({
  outcome: { kind: 'Succeeded', exitCode: 0, startedEver: true },
  times: {},
  logs: { uri: 'file:///x', lines: 1, bytes: 2, gaps: 0, tail: 'the end' },
  ...more,
});
const event = (message: string) => ({ type: 'Warning', reason: 'BackOff', message, count: 1 });
const size = (value: PodEnd) => Buffer.byteLength(JSON.stringify(value));

suite('an end in a heartbeat', () => {
  test('that is short stays as it is', () => {
    const short = end({ output: { a: 1 }, events: [event('x')], problems: ['p'] });
    assert.deepEqual(fitting(short), short);
  });

  test('loses the older part of the tail first, never output or outcome', () => {
    const long = end({ output: 'x'.repeat(8000), logs: { ...end().logs, tail: `${NUL.repeat(16_000)}last line` } });
    const fit = fitting(long);
    assert.ok(size(fit) <= RECORD_BYTES);
    assert.match(fit.logs.tail, /last line$/);
    assert.equal(fit.output, long.output);
  });

  test('then older events, then problems: whatever is in them', () => {
    const worst = end({
      outcome: { kind: 'ContainerFailed', exitCode: 1, startedEver: true, message: NUL.repeat(5000) },
      output: 'x'.repeat(8000),
      logs: { ...end().logs, tail: NUL.repeat(16_000) },
      events: Array.from({ length: 20 }, (_, index) => event(`${index}${NUL.repeat(1000)}`)),
      problems: Array(5).fill(NUL.repeat(1000)) as string[],
    });
    const fit = fitting(worst);
    assert.ok(size(fit) <= RECORD_BYTES, `${size(fit)}`);
    assert.equal(fit.logs.tail, '');
    assert.equal(fit.output, worst.output);
    assert.match(fit.events?.at(-1)?.message ?? '', /^19/);
  });

  test('shows the last five events', () => {
    const fit = fitting(end({ events: Array.from({ length: 9 }, (_, index) => event(String(index))) }));
    assert.deepEqual(
      fit.events?.map(({ message }) => message),
      ['4', '5', '6', '7', '8'],
    );
  });
});
