/** Mermaid and DOT: text that other programs draw. They were asked too; see the note in ARCHITECTURE.md. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { dotOf } from '../../../../src/client/view/graph/dot.ts';
import { drawingOf } from '../../../../src/client/view/graph/drawing.ts';
import { mermaidOf } from '../../../../src/client/view/graph/mermaid.ts';
import { DIAMOND, drawings, graph } from './support.ts';

const diamond = drawingOf(
  graph(['orders . regions', ...DIAMOND.slice(1)], { report: { state: 'failed', error: 'OOMKilled' } }),
  {
    title: 'diamond-1',
    now: 0,
  },
);

suite('a graph as Mermaid', () => {
  test('a diamond', () => {
    assert.equal(
      mermaidOf(diamond),
      `---
title: "diamond-1"
---
flowchart LR
  t_orders["orders<br/>done"]:::done
  t_regions["regions<br/>done"]:::done
  t_products["products<br/>done"]:::done
  t_report["report<br/>failed"]:::failed
  t_orders -.-> t_regions
  t_orders --> t_products
  t_regions --> t_report
  t_products --> t_report
  classDef done fill:#dafbe1,stroke:#1a7f37,color:#1f2328
  classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328`,
    );
  });

  test('whatever a name holds, it stays a name', () => {
    const lines = mermaidOf(
      drawingOf(graph(['"];x@{}<b>`#', 'end', 'a.b > a_b']), { title: '"a" --- # b', now: 0 }),
    ).split('\n');
    assert.equal(lines[1], String.raw`title: "\"a\" --- # b"`);
    assert.match(lines[4] ?? '', /^ {2}t_\w+\["#34;#93;#59;x@#123;#125;#60;b#62;#96;#35;<br\/>done"\]:::done$/);
    assert.match(lines[5] ?? '', /^ {2}t_end\["end/);
    assert.deepEqual(
      lines.filter((line) => line.includes('-->')),
      ['  t_a_b --> t_a_b__2'],
    );
  });

  test('has every node and every edge of any graph', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const lines = mermaidOf(drawing).split('\n');
        const ids = lines.flatMap((line) => /^ {2}(\w+)\[".*"\]:::done$/.exec(line)?.[1] ?? []);
        assert.equal(new Set(ids).size, drawing.nodes.length);
        const idOf = new Map(drawing.nodes.map(({ name }, at) => [name, ids[at]]));
        for (const [from, to, kind] of drawing.edges)
          assert.ok(lines.includes(`  ${idOf.get(from)} ${kind === 'data' ? '-->' : '-.->'} ${idOf.get(to)}`));
      }),
    );
  });
});

suite('a graph as DOT', () => {
  test('a diamond', () => {
    const lines = dotOf(diamond).split('\n');
    assert.equal(lines[0], 'digraph "diamond-1" {');
    assert.equal(
      lines[8],
      String.raw`  "report" [label="report\nfailed" tooltip="report\nfailed\nOOMKilled" color="#cf222e" fillcolor="#ffebe9"]`,
    );
    assert.deepEqual(lines.slice(9), [
      '  "orders" -> "regions" [style=dashed]',
      '  "orders" -> "products"',
      '  "regions" -> "report"',
      '  "products" -> "report"',
      '}',
    ]);
  });

  test('has every node and every edge of any graph, quoted', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const lines = dotOf(drawing).split('\n');
        const word = String.raw`"(?:[^"\\]|\\.)*"`;
        const nodes = lines.filter((line) =>
          new RegExp(`^  ${word} \\[label=${word} tooltip=${word} color="#\\w+" fillcolor="#\\w+"\\]$`).test(line),
        );
        const edges = lines.filter((line) => new RegExp(`^  ${word} -> ${word}( \\[style=dashed\\])?$`).test(line));
        assert.equal(new Set(nodes).size, drawing.nodes.length);
        assert.equal(new Set(edges).size, drawing.edges.length);
        assert.equal(lines.length, 6 + nodes.length + edges.length);
      }),
    );
  });
});
