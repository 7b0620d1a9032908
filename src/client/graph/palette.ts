/** How a state looks. Colours of a light and of a dark page: the frame and the word, and the ground under them. Pure. */
import type { Colour } from '../rows.ts';
import type { DrawnState } from './drawing.ts';

export interface Look {
  /** One column wide on every terminal. */
  readonly icon: string;
  /** On a terminal. */
  readonly colour: Colour | undefined;
  readonly light: { readonly line: string; readonly fill: string };
  readonly dark: { readonly line: string; readonly fill: string };
}

const hues = {
  grey: { light: { line: '#6e7781', fill: '#f6f8fa' }, dark: { line: '#9198a1', fill: '#1c2128' } },
  blue: { light: { line: '#0969da', fill: '#ddf4ff' }, dark: { line: '#58a6ff', fill: '#0c2d4d' } },
  green: { light: { line: '#1a7f37', fill: '#dafbe1' }, dark: { line: '#3fb950', fill: '#0f2d17' } },
  teal: { light: { line: '#0f766e', fill: '#ccfbf1' }, dark: { line: '#2dd4bf', fill: '#0b2f2b' } },
  red: { light: { line: '#cf222e', fill: '#ffebe9' }, dark: { line: '#ff7b72', fill: '#3d1214' } },
  amber: { light: { line: '#9a6700', fill: '#fff8c5' }, dark: { line: '#e3b341', fill: '#332701' } },
  orange: { light: { line: '#bc4c00', fill: '#fff1e5' }, dark: { line: '#ffa657', fill: '#3a1f08' } },
} as const;

export const LOOKS: Record<DrawnState, Look> = {
  planned: { icon: '●', colour: undefined, ...hues.blue },
  waiting: { icon: '○', colour: 'dim', ...hues.grey },
  queued: { icon: '◔', colour: 'dim', ...hues.grey },
  running: { icon: '▶', colour: 'cyan', ...hues.blue },
  held: { icon: '‖', colour: 'yellow', ...hues.amber },
  done: { icon: '✔', colour: 'green', ...hues.green },
  reused: { icon: '↻', colour: 'green', ...hues.teal },
  failed: { icon: '✖', colour: 'red', ...hues.red },
  upstream: { icon: '↯', colour: 'red', ...hues.orange },
  skipped: { icon: '»', colour: 'dim', ...hues.grey },
  cancelled: { icon: '∅', colour: 'dim', ...hues.grey },
};
