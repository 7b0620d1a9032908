import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { misfits } from '../../src/json-schema/misfits.ts';

const FOR_EVER = { type: 'string', pattern: '^(a+)+$' };
const AGAINST_IT = JSON.stringify(`${'a'.repeat(60)}!`);

/** How often this thread came to its timers while the work was under way. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  await work.finally(() => clearInterval(clock));
  return turns;
}

suite('a value against a schema, beside the worker’s thread', () => {
  test('which goes on while a pattern takes for ever; it is cut off, and the next value is judged', async () => {
    const [cut, next] = [misfits(FOR_EVER, AGAINST_IT, 200), misfits({ type: 'number' }, '"3"')];
    assert.ok((await turnsDuring(cut)) > 0);
    assert.match((await cut).join('\n'), /^it cannot be held against result\.schema: .*timed out/);
    assert.deepEqual(await next, ['it does not fit result.schema:', 'the value: must be of type number, got "3"']);
  });

  test('which lives on when the faults alone are more than memory holds, and so does the next value', async () => {
    const schema = { items: { enum: ['e'.repeat(200_000)] } };
    const [faults, next] = [misfits(schema, JSON.stringify(Array(100_000).fill(1)), 60_000), misfits({}, '1')];
    assert.match((await faults).join('\n'), /^it cannot be held against result\.schema: that takes more than 256 MB/);
    assert.deepEqual(await next, []);
  });
});
