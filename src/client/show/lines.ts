/** Lines of coloured text, cut to the width of a terminal. Pure. */
import { styleText } from 'node:util';
import type { Colour, Screen } from '../rows.ts';

export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export type Line = readonly Span[];

export const plain = (text: string): Line => [{ text }];
export const dim = (text: string): Line => [{ text, colour: 'dim' }];

/** With an empty line in front of them, if there are any. */
export const apart = (lines: readonly Line[]): readonly Line[] => (lines.length > 0 ? [[], ...lines] : []);

/** Of whatever length elsewhere; without colours, unless it is a terminal. */
export function lineText(line: Line, { isTTY, columns = Infinity }: Screen): string {
  if (!isTTY)
    return line
      .map(({ text }) => text)
      .join('')
      .trimEnd();
  let room = columns;
  return line
    .map(({ text, colour }) => {
      const characters = [...text];
      // The last cell says that there is more.
      const cut =
        characters.length > room
          ? `${characters.slice(0, Math.max(0, room - 1)).join('')}${room > 0 ? '…' : ''}`
          : text;
      room = Math.max(0, room - characters.length);
      return colour && cut ? styleText(colour, cut, { validateStream: false }) : cut;
    })
    .join('');
}

/** A cell as wide as its column. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

export const widthOf = (text: string): number => [...text].length;
