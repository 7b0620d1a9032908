/** A graph as a picture: one file, with nothing in it that runs or is fetched. Pure. */
import * as dagre from '@dagrejs/dagre';
import { allWordsOf, wordsOf, type DrawnNode, type Drawing, type DrawnState, HUES } from './drawing.ts';
import type { Link } from './order.ts';

const MARGIN = 24;
const TITLE = 36;
/** Names are in letters of one width, so a box is as wide as its name. */
const NAME_LETTER = 8.43;
const WORD_LETTER = 6.6;
const INSET = 16;
/** Of the words under a name; the tooltip has all of them. */
const WORDS = 48;

type NodeBox = Box & Omit<DrawnNode, 'name'> & { readonly words: string };

export function svgOf({ title, nodes, edges }: Drawing): string {
  const { boxes, paths, width, height } = layOut(nodes.map(boxOf), edges);
  const whole = {
    width: Math.ceil(Math.max(width, title.length * 9) + 2 * MARGIN),
    height: Math.ceil(height + 2 * MARGIN + TITLE),
  };
  const states = [...new Set(nodes.map(({ state }) => state))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style(states)}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0.5 L7.5,4 L0,7.5 z" class="tip"/></marker></defs>',
    '<rect width="100%" height="100%" class="page"/>',
    `<text x="${MARGIN}" y="${MARGIN + 12}" class="head">${escaped(title)}</text>`,
    `<g transform="translate(${MARGIN},${MARGIN + TITLE})">`,
    ...edges.map(
      ([from, to, kind], at) =>
        `<path d="${paths[at]}" class="edge ${kind}" marker-end="url(#arrow)"><title>${escaped(`${from} → ${to}`)}</title></path>`,
    ),
    ...boxes.map(box),
    '</g>',
    '</svg>',
  ].join('\n');
}

function boxOf(node: DrawnNode): NodeBox {
  const all = wordsOf(node);
  const words = [...all].length > WORDS ? `${[...all].slice(0, WORDS - 1).join('')}…` : all;
  const width = Math.max(80, [...node.name].length * NAME_LETTER, [...words].length * WORD_LETTER) + 2 * INSET;
  return { ...node, words, width: Math.ceil(width), height: words ? 50 : 36 };
}

function box({ x, y, width, height, words, ...node }: PlacedBox<NodeBox>): string {
  const { name, state } = node;
  const middle = Math.round(width / 2);
  return [
    `<g class="node ${state}" transform="translate(${Math.round(x)},${Math.round(y)})">`,
    `<title>${escaped(allWordsOf(node).join('\n'))}</title>`,
    `<rect width="${width}" height="${height}" rx="8"/>`,
    `<text x="${middle}" y="${words ? 21 : 23}" class="name">${escaped(name)}</text>`,
    ...(words ? [`<text x="${middle}" y="38" class="words">${escaped(words)}</text>`] : []),
    '</g>',
  ].join('');
}

function style(states: readonly DrawnState[]): string {
  const colours = (page: 'light' | 'dark') =>
    states
      .map((state) => {
        const { line, fill } = HUES[state][page];
        return `.${state} rect{fill:${fill};stroke:${line}}.${state} .words{fill:${line}}`;
      })
      .join('');
  return (
    '.page{fill:#fff}.head,.name{fill:#1f2328}.edge{fill:none;stroke:#8c959f;stroke-width:1.5}.tip{fill:#8c959f}' +
    '.order{stroke-dasharray:5 4}.node rect{stroke-width:1.5}text{text-anchor:middle}' +
    '.head{text-anchor:start;font:600 16px system-ui,sans-serif}.words{font:12px system-ui,sans-serif}' +
    '.name{font:600 14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}' +
    colours('light') +
    '@media (prefers-color-scheme:dark){.page{fill:#0d1117}.head,.name{fill:#e6edf3}.edge{stroke:#6e7681}.tip{fill:#6e7681}' +
    `${colours('dark')}}`
  );
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is used of it. Its own types name files in a way that Node's rules do not resolve, and so are `any`. */
const { Graph, layout } = dagre as unknown as {
  Graph: new () => {
    setGraph(options: Record<string, string | number>): void;
    setNode(name: string, size: { width: number; height: number }): void;
    setEdge(from: string, to: string, label: object): void;
    /** Its middle. */
    node(name: string): Point;
    edge(from: string, to: string): { points: Point[] };
  };
  layout(this: void, graph: object): void;
};

/** From so many boxes on, shorter lines are not worth the time: 1,000 with 2,000 lines take 6 s then, and half a minute else. */
const LARGE = 300;

export interface Box {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** `x` and `y` are its upper left corner. */
export type PlacedBox<B extends Box> = B & Point;

export interface Layout<B extends Box> {
  readonly boxes: readonly PlacedBox<B>[];
  /** In the order of the edges: what the `d` of a path is. */
  readonly paths: readonly string[];
  readonly width: number;
  readonly height: number;
}

export function layOut<B extends Box>(boxes: readonly B[], edges: readonly Link[]): Layout<B> {
  const graph = new Graph();
  const ranker = boxes.length > LARGE ? 'longest-path' : 'network-simplex';
  graph.setGraph({ rankdir: 'LR', nodesep: 20, edgesep: 16, ranksep: 56, ranker });
  // It keeps names as properties of an object, where `constructor` is taken.
  const ids = new Map(boxes.map(({ name }, at) => [name, `n${at}`]));
  const idOf = (name: string) => ids.get(name) ?? '';
  // It writes into what it is given.
  for (const { name, width, height } of boxes) graph.setNode(idOf(name), { width, height });
  // The last edge of a fan comes to lie on top.
  for (const [from, to] of edges.toReversed()) graph.setEdge(idOf(from), idOf(to), {});
  layout(graph);
  const placed = boxes.map((box): PlacedBox<B> => {
    const { x, y } = graph.node(idOf(box.name));
    return { ...box, x: x - box.width / 2, y: y - box.height / 2 };
  });
  const byName = new Map(placed.map((box) => [box.name, box]));
  const routes = edges.map(([from, to]) =>
    route(byName.get(from), byName.get(to), graph.edge(idOf(from), idOf(to)).points),
  );
  // A line may lead around all boxes.
  const corners = placed.flatMap((box) => [box, { x: box.x + box.width, y: box.y + box.height }]);
  const points = [...corners, ...routes.flat()];
  const [left, right] = extent(points.map(({ x }) => x));
  const [top, bottom] = extent(points.map(({ y }) => y));
  const shifted = <P extends Point>(point: P): P => ({ ...point, x: point.x - left, y: point.y - top });
  return {
    boxes: placed.map(shifted),
    paths: routes.map((stops) => path(stops.map(shifted))),
    width: right - left,
    height: bottom - top,
  };
}

const extent = (numbers: readonly number[]): [least: number, most: number] =>
  numbers.reduce(([least, most], number) => [Math.min(least, number), Math.max(most, number)], [Infinity, -Infinity]);

/** From the right side of one box to the left side of the other. */
function route(from: PlacedBox<Box> | undefined, to: PlacedBox<Box> | undefined, points: readonly Point[]): Point[] {
  if (!from || !to) return [];
  // The first and the last are ends, and with neighbours the one between leads around nothing.
  const around = points.length > 3 ? points.slice(1, -1) : [];
  return [{ x: from.x + from.width, y: from.y + from.height / 2 }, ...around, { x: to.x, y: to.y + to.height / 2 }];
}

function path(stops: readonly Point[]): string {
  const [start] = stops;
  if (!start) return '';
  return `M${place(start)}${stops
    .slice(1)
    .map((stop, at) => curve(stops[at] ?? start, stop))
    .join('')}`;
}

/** Level at both of its ends. */
function curve(from: Point, to: Point): string {
  const middle = (from.x + to.x) / 2;
  return ` C${place({ x: middle, y: from.y })} ${place({ x: middle, y: to.y })} ${place(to)}`;
}

const place = ({ x, y }: Point): string => `${round(x)},${round(y)}`;
const round = (number: number): number => Math.round(number * 10) / 10;
