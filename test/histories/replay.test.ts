/** Recorded runs must replay with the code as it is now: one that does not would be stuck in production after a deploy. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readRecorded, type Recorded } from '../../src/replay/recorded.ts';
import { type Replayer, replayerOf } from '../../src/replay/replay.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const histories = globSync('*/*.json', { cwd: here('.') }).sort();

/** As if it were a run of another workflow, that has come so far. */
function diamond(workflow: string, events = Infinity): Recorded {
  const history = readRecorded(here('diamond/success.json'));
  history.events[0]!.workflowExecutionStartedEventAttributes!.workflowType!.name = workflow;
  return { ...history, workflow, events: history.events.slice(0, events) };
}

suite('replay', () => {
  let replayer: Replayer;
  before(async () => {
    replayer = await replayerOf({ path: here('variants.ts'), from: 'variants.ts' });
  });

  test('there are recorded runs of every ending', () => {
    assert.ok(histories.length >= 13, `only ${histories.join(', ')}`);
  });

  for (const file of histories)
    test(`${file} replays`, async () => {
      assert.equal(await replayer.replay(replayer.known(readRecorded(here(file)))), undefined);
    });

  const misfits = {
    added: ["task 'check' is new before 'orders', or is 'orders' under another name", 'check'],
    swapped: [
      "task 'products' comes before 'regions', which the run has first: their order has changed, or 'regions' is gone",
      'products',
    ],
    renamed: ["task 'goods' is new before 'products', or is 'products' under another name", 'goods'],
    removed: ["task 'products' is gone: the run has it, and the code does not come to it there", 'products'],
    shortened: ["task 'regions' is gone: the code has ended before it", 'regions'],
    mailed: ["task 'mail' is new before the end of the run", 'mail'],
    delayed: ["a wait (a timer) is new before task 'orders'", 'orders'],
    gone: ["the workflow 'gone' is not exported any more"],
  };
  for (const [variant, [says, task]] of Object.entries(misfits))
    test(`a diamond that is ${variant} does not fit, in words of its tasks`, async () => {
      assert.deepEqual(await replayer.replay(diamond(variant)), { says, ...(task !== undefined && { task }) });
    });

  test('of code that throws there is the error, and the place in its file', async () => {
    const { says } = (await replayer.replay(diamond('throwing', 4))) ?? {};
    assert.match(says ?? '', /^the code throws: rows is not a function \(\/.*variants\.ts:\d+:\d+\)$/);
  });

  test('what is new behind all that the run has come to fits, as does what is patched in', async () => {
    assert.equal(await replayer.replay(diamond('mailed', 25)), undefined);
    assert.equal(await replayer.replay(diamond('patchedIn')), undefined);
  });

  test('a workflow that the module does not export is named, with the history', () => {
    assert.throws(() => replayer.known(diamond('diamnd')), {
      message:
        /success\.json: is of the workflow 'diamnd', which variants\.ts does not export; did you mean 'diamond'\?/,
    });
  });
});
