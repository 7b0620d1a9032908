/** A graph as a Mermaid flowchart, as GitHub and many others draw it from text. Pure. */
import { wordsOf, type Drawing, type DrawnState, HUES } from './drawing.ts';

export function mermaidOf({ title, nodes, edges }: Drawing): string {
  const ids = idsOf(nodes.map(({ name }) => name));
  const states = [...new Set(nodes.map(({ state }) => state))];
  return [
    '---',
    `title: ${JSON.stringify(title)}`,
    '---',
    'flowchart LR',
    ...nodes.map((node) => {
      const words = wordsOf(node);
      const label = `${escaped(node.name)}${words && `<br/>${escaped(words)}`}`;
      return `  ${ids.get(node.name)}["${label}"]:::${node.state}`;
    }),
    ...edges.map(([from, to, kind]) => `  ${ids.get(from)} ${kind === 'data' ? '-->' : '-.->'} ${ids.get(to)}`),
    ...states.map(classDef),
  ].join('\n');
}

/** From the names, so that the text changes little when the graph does. Behind `t_` no word of Mermaid's own is one. */
function idsOf(names: readonly string[]): Map<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of names) {
    const id = `t_${name.replace(/\W/g, '_')}`;
    let unique = id;
    for (let number = 2; taken.has(unique); number++) unique = `${id}__${number}`;
    taken.add(unique);
    ids.set(name, unique);
  }
  return ids;
}

/** Mermaid reads labels as Markdown and HTML: whatever is not plain is written as its number. */
const escaped = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,:·…/()+%@-]/gu, (character) => `#${character.codePointAt(0)};`);

function classDef(state: DrawnState): string {
  const { line, fill } = HUES[state].light;
  return `  classDef ${state} fill:${fill},stroke:${line},color:#1f2328`;
}
