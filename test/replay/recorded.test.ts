/** What `replay` is given: files and folders of histories, and what is none. The code fits or not in test/histories. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { replay } from '../../src/testing/library.ts';
import { call } from '../client/call.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const workflows = here('../histories/variants.ts');
const recording = here('../histories/diamond/success.json');

interface History {
  events: {
    workflowExecutionStartedEventAttributes?: { workflowType: { name: string } };
    workflowTaskCompletedEventAttributes?: { sdkMetadata?: { sdkName: string } };
  }[];
}

suite('replay of recorded histories', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'replay-'));
    mkdirSync(join(folder, 'good/deep'), { recursive: true });
    mkdirSync(join(folder, 'empty'));
    change('good/deep/diamond.json', () => undefined);
    change('added.json', ofWorkflow('added'));
    // The bundle takes a while, once.
    await replay(at('good'), { workflows });
  });
  after(() => rmSync(folder, { recursive: true }));

  const at = (file: string) => join(folder, file);
  function change(file: string, by: (history: History) => void): string {
    const history = JSON.parse(readFileSync(recording, 'utf8')) as History;
    by(history);
    writeFileSync(at(file), JSON.stringify(history));
    return at(file);
  }
  const ofWorkflow =
    (name: string) =>
    ({ events }: History) => {
      events[0]!.workflowExecutionStartedEventAttributes!.workflowType.name = name;
    };
  const replayed = (...args: string[]) => call(['replay', ...args], { TEMPORAL_PODS_WORKFLOWS: workflows });

  test('a folder is looked through; all fit: 0', async () => {
    const { code, out, err } = await replayed(at('good'));
    assert.deepEqual([code, err], [0, 'all 1 fit\n']);
    assert.equal(out, `fits         ${at('good/deep/diamond.json')} (diamond)\n`);
  });

  test('one that does not fit: 1, with run, task and what differs', async () => {
    const { code, out, err } = await replayed(at('good'), at('added.json'));
    assert.equal(code, 1);
    assert.match(out, /^does not fit .*added\.json \(added\): task 'check' is new before 'orders'/m);
    assert.match(err, /1 of 2 do not fit: .*docs\/changing\.md/);
  });

  test('as JSON', async () => {
    const { out } = await replayed(at('added.json'), '-o', 'json');
    const [row] = JSON.parse(out) as Record<string, unknown>[];
    assert.deepEqual([row?.['result'], row?.['task'], row?.['workflow']], ['does not fit', 'check', 'added']);
  });

  const bad: Record<string, [() => string, RegExp]> = {
    'text that is no JSON': [() => (writeFileSync(at('text.json'), 'nightly ran'), at('text.json')), /is not JSON/],
    'a file that was cut off': [
      () => (writeFileSync(at('cut.json'), readFileSync(recording).subarray(0, 500)), at('cut.json')),
      /is not JSON, or was cut off/,
    ],
    'JSON that is no history': [() => (writeFileSync(at('list.json'), '{"runs":[]}'), at('list.json')), /no 'events'/],
    'a history without its beginning': [
      () => change('end.json', ({ events }) => events.splice(0, 4)),
      /is cut off: its first event is not the start of a run/,
    ],
    'a history with a gap': [
      () => change('gap.json', ({ events }) => events.splice(6, 2)),
      /is cut off: event 6 is followed by event 9/,
    ],
    'events that are none': [
      () => change('odd.json', ({ events }) => Object.assign(events[2]!, { eventTime: 'yesterday' })),
      /its events cannot be read/,
    ],
    'a history that no code can fit': [
      () => change('odd.json', ({ events }) => Object.assign(events[2]!, { eventType: 'EVENT_TYPE_DANCED' })),
      /its events cannot be replayed: Event type is unspecified/,
    ],
    'a history of another SDK': [
      () =>
        change('go.json', ({ events }) => {
          for (const { workflowTaskCompletedEventAttributes: done } of events)
            if (done?.sdkMetadata) done.sdkMetadata.sdkName = 'temporal-go';
        }),
      /was made by another SDK \(temporal-go\)/,
    ],
    'a workflow that the module does not export': [
      () => change('other.json', ofWorkflow('nightly')),
      /is of the workflow 'nightly', which TEMPORAL_PODS_WORKFLOWS=.* does not export/,
    ],
  };
  for (const [what, [make, says]] of Object.entries(bad))
    test(`${what} is named with its file, and the others are replayed all the same: 2`, async () => {
      const file = make();
      const { code, out } = await replayed(file, at('good'));
      assert.equal(code, 2);
      const [first = '', second = ''] = out.split('\n');
      assert.ok(first.startsWith(`unreadable   ${file}`), first);
      assert.match(first.replace('unreadable   ', ''), says);
      assert.match(second, /^fits /);
    });

  test('a wrong call: 2, and it says what is wrong', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /it takes files or folders .*, or --open/],
      [[at('nowhere')], /nowhere: there is no such file or folder/],
      [[at('empty')], /empty: there is no history in this folder/],
      [['--open', at('good')], /--open looks for the runs itself/],
      [['--last', '3', at('good')], /--last goes with --open/],
      [['--workflow', 'x', at('good')], /--workflow goes with --open/],
      [['--open', '--last', 'all'], /--last.*whole number from 0 to 1000/],
    ];
    for (const [args, says] of wrong) {
      const { code, out, err } = await replayed(...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, says);
    }
  });

  test('in a test: it gives the files, throws what does not fit, and refuses what is no history', async () => {
    assert.deepEqual(await replay(at('good'), { workflows }), [at('good/deep/diamond.json')]);
    await assert.rejects(replay([at('good'), at('added.json')], { workflows }), {
      name: 'ReplayError',
      message: /^the code does not fit\n {2}.*added\.json: task 'check' is new before 'orders'/,
    });
    writeFileSync(at('text.json'), 'nightly ran');
    await assert.rejects(replay(at('text.json'), { workflows }), /text\.json: is not JSON/);
  });
});
