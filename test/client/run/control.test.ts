/** What is wrong with a call that controls a run is said before anybody is asked. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { call } from '../call.ts';

/** Nothing listens there: a call that came so far would end with 3. */
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

suite('a call that is wrong', () => {
  const rows: [law: string, args: string[], says: RegExp][] = [
    ['a change that is not JSON', ['retry', 'id', 'task', '--spec', '{a: 1}'], /is not JSON: [^]*single quotes/],
    [
      'a change that is no object',
      ['retry', 'id', 'task', '--spec', '[1]'],
      /--spec is not valid, nothing was changed:\n.*must be an object.*, got \[1\]/,
    ],
    ['a file that is not there', ['retry', 'id', 'task', '--spec', 'no.yaml'], /no\.yaml: there is no such file/],
    ['a value that is not JSON', ['skip', 'id', 'task', '--value', 'text'], /--value is not JSON.*\n.*'"text"'/],
    ['more time, without how much', ['extend', 'id', 'task'], /required option '--by <time>' not specified/],
    ['more time that is none', ['extend', 'id', 'task', '--by', 'soon'], /--by: must be a length of time.*'soon'/],
    ['a task that is waited for', ['cancel', 'id', 'task', '--wait'], /--wait is for a whole run/],
    ['a rerun under the same id', ['rerun', 'id', '--id', 'id'], /--id: 'id' is the earlier run/],
    ['a rerun under no id', ['rerun', 'id', '--id', ''], /--id is empty/],
    ['no task', ['retry', 'id'], /missing required argument 'task'/],
  ];
  for (const [law, args, says] of rows)
    test(law, async () => {
      const { code, out, err } = await call(args, NOWHERE);
      assert.match(err, says);
      assert.equal(code, 2);
      assert.equal(out, '', 'stdout is for data');
      assert.doesNotMatch(err, /^\s+at /m, 'no stack trace');
    });
});
