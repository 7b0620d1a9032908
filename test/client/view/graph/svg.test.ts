import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { drawingOf } from '../../../../src/client/view/graph/drawing.ts';
import { dotOf } from '../../../../src/client/view/graph/dot.ts';
import { mermaidOf } from '../../../../src/client/view/graph/mermaid.ts';
import { layOut, svgOf } from '../../../../src/client/view/graph/svg.ts';
import { DIAMOND, drawings, graph } from './support.ts';

suite('a graph as a picture', () => {
  test('a diamond: a box with its words and a tooltip for each task, a line for each edge, colours for light and dark', () => {
    const svg = svgOf(
      drawingOf(graph(['orders . regions', ...DIAMOND.slice(1)], { report: { state: 'failed', error: 'OOMKilled' } }), {
        title: 'diamond-1',
        now: 0,
      }),
    );
    assert.deepEqual(
      [...svg.matchAll(/class="name">([^<]*)</g)].map(([, name]) => name),
      ['orders', 'regions', 'products', 'report'],
    );
    assert.deepEqual(
      [...svg.matchAll(/class="edge (\w+)"[^>]*><title>([^<]*)</g)].map(([, kind, text]) => `${kind} ${text}`),
      ['order orders → regions', 'data orders → products', 'data regions → report', 'data products → report'],
    );
    assert.match(svg, /<title>report\nfailed\nOOMKilled<\/title>/);
    assert.match(svg, /\.failed rect\{[^]*prefers-color-scheme:dark[^]*\.failed rect\{/);
    assert.doesNotMatch(svg, /\bNaN\b|undefined/);
  });

  test('nothing in it runs or is fetched, whatever the texts hold', () => {
    const bad = '</title><script>alert(1)</script><a href="https://x">&';
    const svg = svgOf(drawingOf(graph(['a'], { a: { name: bad, error: bad } }), { title: bad, now: 0 }));
    assert.deepEqual(
      new Set([...svg.matchAll(/<(\/?[\w]+)/g)].map(([, name]) => name?.replace('/', ''))),
      new Set(['svg', 'title', 'style', 'defs', 'marker', 'path', 'rect', 'text', 'g']),
    );
    assert.doesNotMatch(svg.replace('http://www.w3.org/2000/svg', ''), /[a-z]+:\/\/[^&]*"|<[^>]*\bon\w+=/);
    assert.doesNotMatch(svg, /&(?!(amp|lt|gt|quot|#39);)/);
  });

  test('a kind of edge or a state that a run made up is none of ours, and is not part of the picture', () => {
    const bad = '"/><script>alert(1)</script>';
    const made = graph(['a', 'b . a']);
    const edges = [['a', 'b', bad]] as unknown as typeof made.edges;
    const nodes = made.nodes.map((node) => ({ ...node, state: bad })) as unknown as typeof made.nodes;
    const drawing = drawingOf({ ...made, nodes, edges }, { title: 'x', now: 0 });
    for (const text of [svgOf(drawing), dotOf(drawing), mermaidOf(drawing)]) assert.doesNotMatch(text, /script|alert/);
  });

  test('a name that every object has a property of is a name', () => {
    const svg = svgOf(drawingOf(graph(['constructor > toString', '__proto__ > constructor']), { title: 't', now: 0 }));
    assert.match(svg, /<title>constructor → toString</);
    assert.equal(svg.match(/class="name"/g)?.length, 3);
  });

  test('no box lies on another, and every line leads from right to left side', () => {
    fc.assert(
      fc.property(drawings, ({ nodes, edges }) => {
        const { boxes, paths, width, height } = layOut(
          nodes.map(({ name }, at) => ({ name, width: 80 + 10 * (at % 7), height: 36 + 14 * (at % 2) })),
          edges,
        );
        for (const [at, a] of boxes.entries()) {
          assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height);
          for (const b of boxes.slice(at + 1))
            assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
        }
        const byName = new Map(boxes.map((box) => [box.name, box]));
        for (const [at, [from, to]] of edges.entries()) {
          const numbers = (paths[at] ?? '').match(/-?[\d.]+/g)?.map(Number) ?? [];
          assert.ok(numbers.every((number, index) => number >= 0 && number <= (index % 2 ? height : width)));
          const [a, b] = [byName.get(from), byName.get(to)];
          assert.ok(a && b && a.x + a.width < b.x);
          const ends = [numbers[0], numbers[1], ...numbers.slice(-2)];
          const wanted = [a.x + a.width, a.y + a.height / 2, b.x, b.y + b.height / 2];
          wanted.forEach((end, index) => assert.ok(Math.abs(end - (ends[index] ?? NaN)) <= 0.1));
        }
      }),
      { numRuns: 40 },
    );
  });
});
