import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { suite, test } from 'node:test';
import { lineText } from '../../../src/client/terminal/lines.ts';
import { printData, printJson } from '../../../src/client/terminal/stdout.ts';
import { rowsText, tableText, type Column } from '../../../src/client/terminal/rows.ts';
import { runsQuery, statusWord } from '../../../src/client/temporal/run-query.ts';
import { lengthText, readSince } from '../../../src/client/terminal/time-text.ts';
import { Problem } from '../../../src/common/problem.ts';

interface Row {
  name: string;
  note: string;
}
const columns: Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, colour: () => 'red' },
  { title: 'EMPTY', text: () => '' },
  { title: 'NOTE', text: ({ note }) => note },
];
const rows: Row[] = [
  { name: 'a', note: 'x' },
  { name: 'longer', note: 'line\n\u001b[31mred' },
];
const print = (format: 'table' | 'json' | 'jsonl' | 'name', screen = {}) =>
  rowsText(format, rows, { columns, nameOf: ({ name }) => name, screen });

suite('rows', () => {
  test('a table: aligned, one line for each row, no column that is empty, no escape of a pod', () => {
    assert.equal(print('table'), 'NAME    NOTE\na       x\nlonger  line red');
  });
  test('a name is one line without escapes too', () => {
    const nameOf = () => 'a\nb\x1b]0;title\x07\x9b2Jc';
    assert.equal(rowsText('name', [{ name: '', note: '' }], { columns, nameOf, screen: {} }), 'a␊bc');
  });
  test('a line of spans, on a terminal or not, has no escapes but those of its own colours', () => {
    const line = [{ text: 'run\x1b[2J\x1b[31m1', colour: 'dim' as const }, { text: '\x9b8m\r2' }];
    assert.equal(lineText(line, {}), 'run1␍2');
    assert.equal(lineText(line, { isTTY: true }).replace(/\x1b\[22?m/g, ''), 'run1␍2');
  });
  test('what is printed has no escapes but colours, and a document none at all', () => {
    const written: string[] = [];
    const stdout = Object.assign(new EventEmitter(), { write: (text: string) => written.push(text) });
    printData('\x1b[31mred\x1b[39m\x1b]52;c;eA==\x07\x1b[2J\n', stdout as unknown as NodeJS.WriteStream);
    printJson({ id: 'a\x9b2J\x7f\u202eb' }, stdout as unknown as NodeJS.WriteStream);
    assert.equal(written[0], '\x1b[31mred\x1b[39m\n\n');
    assert.doesNotMatch(written[1] ?? '', /[\x7f-\x9f\u202e]/);
    assert.deepEqual(JSON.parse(written[1] ?? ''), { id: 'a\x9b2J\x7f\u202eb' });
  });
  test('json is one list, jsonl a document in each line, name a name', () => {
    assert.deepEqual(JSON.parse(print('json')), rows);
    assert.deepEqual(
      print('jsonl')
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      rows,
    );
    assert.equal(print('name'), 'a\nlonger');
  });
  test('a terminal gets colours, and no line that is wider than it', () => {
    const widths = tableText(rows, columns, { isTTY: true, columns: 10 })
      .split('\n')
      .map((line) => line.replace(/\u001b\[\d+m/g, '').length);
    assert.deepEqual(widths, [10, 7, 10]);
  });
  test('on a narrow terminal all columns stay, and what is cut has a sign; an id keeps its end', () => {
    const runs = [{ name: 'running', id: 'nightly-sales-2026-11-28-7f3a', at: '2026-11-28T04:00:00Z' }];
    const table: Column<(typeof runs)[number]>[] = [
      { title: 'STATUS', text: ({ name }) => name },
      { title: 'ID', text: ({ id }) => id, cut: 'middle' },
      { title: 'STARTED', text: ({ at }) => at },
    ];
    const at = (columns: number) => tableText(runs, table, { isTTY: true, columns });
    assert.equal(
      at(40),
      'STATUS   ID               STARTED\n' + //
        'running  nightly…28-7f3a  2026-11-28T04…',
    );
    assert.equal(at(60).split('\n')[1], 'running  nightly-sales-2026-11-28-7f3a  2026-11-28T04:00:00Z');
    assert.equal(at(12).split('\n')[1], 'r…  n…a  20…');
    assert.equal(tableText(runs, table, { columns: 40 }).split('\n')[1]?.length, 60);
  });
  test('the spaces in front of a cell are the shape of a tree', () => {
    assert.equal(tableText([{ name: '  b', note: '' }], columns, {}), 'NAME\n  b');
  });
});

suite('the query of list', () => {
  const started = Date.UTC(2026, 10, 23);
  const rows: [law: string, filter: Omit<Parameters<typeof runsQuery>[0], 'taskQueue'>, query: string][] = [
    ['leaves out what nobody starts by hand', {}, "WorkflowType != 'sweep' AND ParentWorkflowId IS NULL"],
    ['all', { all: true }, ''],
    ['a workflow by its name is shown in any case', { workflow: 'sweep' }, "WorkflowType = 'sweep'"],
    ['Temporal’s spelling', { status: 'timed-out', all: true }, "ExecutionStatus = 'TimedOut'"],
    ['a kind of failure', { failure: 'OOMKilled', all: true }, "PodFailure = 'OOMKilled'"],
    ['a moment', { startedAfter: started, all: true }, "StartTime >= '2026-11-23T00:00:00.000Z'"],
    ['a quote ends no text', { workflow: "x' OR '1" }, "WorkflowType = 'x\\' OR \\'1'"],
  ];
  for (const [law, filter, query] of rows)
    test(law, () =>
      assert.equal(runsQuery({ taskQueue: 'q', ...filter }), ["TaskQueue = 'q'", query].filter(Boolean).join(' AND ')),
    );
  test('its words for how a run stands', () => {
    assert.deepEqual(['RUNNING', 'CANCELLED', 'TIMED_OUT'].map(statusWord), ['running', 'cancelled', 'timed-out']);
  });
});

suite('time', () => {
  test('a length back from now, or a moment', () => {
    assert.equal(readSince('--since', '10m', 1_000_000), 400_000);
    assert.equal(readSince('--since', '2026-11-23T00:00:00Z', 0), Date.UTC(2026, 10, 23));
  });
  test('anything else is named', () => {
    for (const text of ['soon', '', '-5m', '2026-99-99'])
      assert.throws(
        () => readSince('--since', text, 0),
        (error) => error instanceof Problem && error.exitCode === 2 && error.message.startsWith(`--since: '${text}'`),
      );
  });
  test('lengths are as a person says them', () => {
    assert.deepEqual([400, 14_000, 600_000, 9_000_000, 300_000_000].map(lengthText), [
      'less than 1 s',
      '14 s',
      '10 min',
      '2.5 h',
      '3 d',
    ]);
  });
});
