/** A graph as a picture: one file, with nothing in it that runs or is fetched. Pure. */
import { allWordsOf, wordsOf, type DrawnNode, type Drawing, type DrawnState } from './drawing.ts';
import { HUES } from './palette.ts';
import { layOut, type Box, type PlacedBox } from './svg-layout.ts';

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
