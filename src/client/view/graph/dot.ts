/** A graph in the language of Graphviz. Pure. */
import { allWordsOf, wordsOf, type Drawing, type DrawnNode, HUES } from './drawing.ts';

export function dotOf({ title, nodes, edges }: Drawing): string {
  return [
    `digraph ${quoted(title)} {`,
    '  rankdir=LR',
    `  label=${quoted(title)} labelloc=t fontname="Helvetica"`,
    '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=12 fontcolor="#1f2328"]',
    '  edge [color="#6e7781" arrowsize=0.7]',
    ...nodes.map(nodeLine),
    ...edges.map(
      ([from, to, kind]) => `  ${quoted(from)} -> ${quoted(to)}${kind === 'order' ? ' [style=dashed]' : ''}`,
    ),
    '}',
  ].join('\n');
}

function nodeLine(node: DrawnNode): string {
  const { name, state } = node;
  const words = wordsOf(node);
  const { line, fill } = HUES[state].light;
  const attributes = [
    `label=${lines(words ? [name, words] : [name])}`,
    `tooltip=${lines(allWordsOf(node))}`,
    `color="${line}"`,
    `fillcolor="${fill}"`,
  ];
  return `  ${quoted(name)} [${attributes.join(' ')}]`;
}

/** A backslash begins an escape in a label, and none in a name; written twice it is one in both. */
const quoted = (text: string): string => `"${bare(text)}"`;

const lines = (texts: readonly string[]): string => `"${texts.map(bare).join('\\n')}"`;

/** Graphviz replaces `&lt;` and its like. */
const bare = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
