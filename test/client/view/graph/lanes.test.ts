/** Laws of the lines in text: read back, they are the edges. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { rowsOf, type Lane, type Row } from '../../../../src/client/view/graph/lanes.ts';
import { drawingOrder, transitiveReduction } from '../../../../src/client/view/graph/order.ts';
import { lineArt } from '../../../../src/client/view/graph/text.ts';
import { drawings } from './support.ts';

/** Follows the lanes from row to row, as an eye does, and gives every connection it finds. */
function readBack(rows: readonly Row[]): string[] {
  const found: string[] = [];
  let carries = new Map<number, string[]>();
  for (const { name, at, on, inputs, output, above, below, named } of rows) {
    assert.deepEqual(
      ats(above),
      [...carries.keys()].sort(byNumber),
      `the lanes above ${name} are those below the last row`,
    );
    // A corner to the right of a node is the end of a line that leads to it, or where its own line begins, and never both.
    const fromTheRight = inputs.filter((lane) => lane.at > at);
    assert.ok(!output || (output.at > at && fromTheRight.length === 0));
    assert.ok(fromTheRight.every((lane) => !below.some((one) => one.at === lane.at)));
    for (const lane of [...inputs, ...(on ? [on] : [])])
      for (const from of carries.get(lane.at) ?? []) found.push(`${from} > ${name}`);
    for (const from of named) found.push(`${from} > ${name}`);
    const leads = output?.at ?? at;
    const next = new Map<number, string[]>();
    for (const lane of below) {
      const goesOn = above.some((one) => one === lane);
      next.set(lane.at, [...(goesOn ? (carries.get(lane.at) ?? []) : []), ...(lane.at === leads ? [name] : [])]);
    }
    carries = next;
  }
  assert.equal(carries.size, 0, 'no lane is left over');
  return found.sort();
}

const ats = (lanes: readonly Lane[]) => lanes.map(({ at }) => at).sort(byNumber);
const byNumber = (a: number, b: number) => a - b;

suite('the lines of a graph in text', () => {
  for (const width of [1, 3, 24])
    test(`are its edges, with room for ${width}`, () => {
      fc.assert(
        fc.property(drawings, ({ nodes, edges }) => {
          const names = nodes.map(({ name }) => name);
          const rows = rowsOf(names, edges, width);
          assert.deepEqual(rows.map(({ name }) => name).sort(), [...names].sort());
          const needed = transitiveReduction(drawingOrder(names, edges), edges);
          assert.deepEqual(readBack(rows), needed.map(([from, to]) => `${from} > ${to}`).sort());
          assert.ok(rows.every(({ below }) => below.every(({ at }) => at < width)));
        }),
      );
    });

  test('are as wide as they say, and every corner is one', () => {
    fc.assert(
      fc.property(drawings, ({ nodes, edges }) => {
        const { lines, width } = lineArt(
          rowsOf(
            nodes.map(({ name }) => name),
            edges,
            24,
          ),
        );
        for (const { before, row, after } of lines) {
          assert.equal(before.length + (row ? 1 : 0) + after.length, width);
          assert.doesNotMatch(before + after, /\?/);
        }
      }),
    );
  });
});

suite('the order of the rows', () => {
  test('each comes after all that it comes after', () => {
    fc.assert(
      fc.property(drawings, ({ nodes, edges }) => {
        const order = drawingOrder(
          nodes.map(({ name }) => name),
          edges,
        );
        assert.equal(new Set(order).size, nodes.length);
        for (const [from, to] of edges) assert.ok(order.indexOf(from) < order.indexOf(to));
      }),
    );
  });

  test('a circle, which no DAG has, is drawn all the same', () => {
    const edges = [
      ['a', 'b', 'data'],
      ['b', 'a', 'data'],
      ['b', 'c', 'data'],
    ] as const;
    assert.deepEqual(drawingOrder(['a', 'b', 'c'], edges), ['a', 'b', 'c']);
    assert.equal(
      rowsOf(
        ['a', 'b', 'c'],
        edges.map(([...edge]) => edge),
        24,
      ).length,
      3,
    );
  });

  test('the reduction keeps who comes after whom, and no edge more than it needs', () => {
    fc.assert(
      fc.property(drawings, ({ nodes, edges }) => {
        const order = drawingOrder(
          nodes.map(({ name }) => name),
          edges,
        );
        const needed = transitiveReduction(order, edges);
        assert.deepEqual(reached(order, needed), reached(order, edges));
        for (const edge of needed) {
          const others = needed.filter((one) => one !== edge);
          assert.notDeepEqual(reached(order, others), reached(order, edges));
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** All that comes before each. */
function reached(order: readonly string[], edges: readonly (readonly [string, string, ...unknown[]])[]) {
  const before = new Map<string, Set<string>>();
  for (const name of order)
    before.set(
      name,
      new Set(edges.filter(([, to]) => to === name).flatMap(([from]) => [from, ...(before.get(from) ?? [])])),
    );
  return new Map([...before].map(([name, names]) => [name, [...names].sort()]));
}
