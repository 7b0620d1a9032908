import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { drawingOf } from '../../../../src/client/view/graph/drawing.ts';
import { textOf } from '../../../../src/client/view/graph/text.ts';
import type { GraphNode } from '../../../../src/contract/index.ts';
import { DIAMOND, graph } from './support.ts';

const text = (arrows: readonly string[], changes: Record<string, Partial<GraphNode>> = {}, screen = {}) =>
  textOf(drawingOf(graph(arrows, changes), { title: 'run', now: 0 }), screen);

suite('a graph as text', () => {
  const rows: [law: string, arrows: readonly string[], lines: readonly string[]][] = [
    ['a diamond', DIAMOND, ['●      orders', '├─●─╮  regions', '╰─●─┤  products', '    ●  report']],
    ['a chain is a line', ['a > b', 'b > c'], ['●  a', '│', '●  b', '│', '●  c']],
    ['a dotted line where one was only created later', ['a . b', 'a > c'], ['●    a', '├╌●  b', '╰─●  c']],
    ['also between two', ['a . b'], ['●  a', '┊', '●  b']],
    [
      'tasks that wait for nothing hang from the title, not from each other',
      ['a', 'b', 'c'],
      ['├─●  a', '├─●  b', '╰─●  c'],
    ],
    [
      'what stands below the end of a chain has an empty gap above it, and what it waits for a line',
      ['s > a', 'a > b', 's > c'],
      ['●    s', '├─●  a', '│ │', '│ ●  b', '│', '╰─●  c'],
    ],
    [
      'a join of chains',
      ['s > a', 'a > b', 's > c', 'c > d', 'b > e', 'd > e'],
      ['●      s', '├─●    a', '│ │', '│ ●─╮  b', '│   │', '╰─● │  c', '  │ │', '  ●─┤  d', '    ●  e'],
    ],
    [
      'all to all is one lane',
      ['a > x', 'a > y', 'b > x', 'b > y'],
      ['├─●─╮    a', '╰─●─┤    b', '    ├─●  x', '    ╰─●  y'],
    ],
    ['a line that another one implies is left out', ['a > b', 'b > c', 'a > c'], ['●  a', '│', '●  b', '│', '●  c']],
    [
      'lines cross without touching',
      ['s > a', 's > b', 's > c', 'a > x', 'c > x', 'b > y', 'c > y'],
      ['●          s', '├─●        a', '├─│─●      b', '╰─│─│─●    c', '  ╰─│─┼─●  x', '    ●─╯    y'],
    ],
  ];
  for (const [law, arrows, lines] of rows)
    test(law, () =>
      assert.deepEqual(
        text(arrows)
          .split('\n')
          .slice(1)
          .map((line) => line.replace(/ +done$/, '')),
        lines,
      ),
    );

  test('a fan of twenty and its join are two lanes', () => {
    const tasks = Array.from({ length: 20 }, (_, at) => `t${at}`);
    const lines = text(tasks.flatMap((task) => [`start > ${task}`, `${task} > join`])).split('\n');
    assert.equal(lines.length, 1 + 22);
    assert.match(lines[10] ?? '', /^├─●─┤ {2}t8 +done$/);
  });

  test('a row tells the state, the time, who created it and why it failed', () => {
    const [, , , row] = text(['a > b'], {
      b: { state: 'failed', startedAt: 0, endedAt: 5000, parent: 'a', error: 'OOMKilled: too much' },
    }).split('\n');
    assert.equal(row, '●  b  failed  5 s  created by a  OOMKilled: too much');
  });

  test('a line for which there is no room is named instead', () => {
    const roots = Array.from({ length: 30 }, (_, at) => `r${at}`);
    // Each line has to wait for the last task.
    const lines = text([
      ...roots.map((root) => `${root} > to-${root}`),
      ...roots.map((root) => `last > to-${root}`),
    ]).split('\n');
    const row = (name: string) => lines.find((line) => line.includes(` ${name} `)) ?? '';
    assert.match(row('to-r3'), /done$/);
    assert.match(row('to-r28'), /done {2}after r28$/);
    assert.ok(lines.every((line) => line.search(/[a-z]/) < 56));
  });

  test('on a terminal a state is an icon, and no line is wider than the terminal', () => {
    const states = { regions: { state: 'failed', error: 'x'.repeat(100) }, products: { state: 'running' } } as const;
    const shown = text(DIAMOND, states, { isTTY: true, columns: 60 });
    assert.match(stripVTControlCharacters(shown), /✓.*orders.*\n.*✗.*regions.*\n.*▶.*products/);
    for (const line of shown.split('\n')) assert.ok(stripVTControlCharacters(line).length <= 60);
    assert.ok(!text(DIAMOND, states).includes('\u001b'));
  });
});
