/** Where the boxes and lines of a picture go, from left to right. Pure. */
import * as dagre from '@dagrejs/dagre';
import type { Link } from './order.ts';

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
