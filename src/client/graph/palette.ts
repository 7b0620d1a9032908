/** The colours of states on a light and on a dark page: of the frame and the words, and of the ground under them. Pure. */
import type { DrawnState } from './drawing.ts';

interface Shade {
  readonly line: string;
  readonly fill: string;
}
type Hue = Readonly<Record<'light' | 'dark', Shade>>;

const grey: Hue = { light: { line: '#6e7781', fill: '#f6f8fa' }, dark: { line: '#9198a1', fill: '#1c2128' } };
const blue: Hue = { light: { line: '#0969da', fill: '#ddf4ff' }, dark: { line: '#58a6ff', fill: '#0c2d4d' } };
const green: Hue = { light: { line: '#1a7f37', fill: '#dafbe1' }, dark: { line: '#3fb950', fill: '#0f2d17' } };
const teal: Hue = { light: { line: '#0f766e', fill: '#ccfbf1' }, dark: { line: '#2dd4bf', fill: '#0b2f2b' } };
const red: Hue = { light: { line: '#cf222e', fill: '#ffebe9' }, dark: { line: '#ff7b72', fill: '#3d1214' } };
const amber: Hue = { light: { line: '#9a6700', fill: '#fff8c5' }, dark: { line: '#e3b341', fill: '#332701' } };
const orange: Hue = { light: { line: '#bc4c00', fill: '#fff1e5' }, dark: { line: '#ffa657', fill: '#3a1f08' } };

export const HUES: Readonly<Record<DrawnState, Hue>> = {
  planned: blue,
  waiting: grey,
  queued: grey,
  running: blue,
  held: amber,
  done: green,
  reused: teal,
  failed: red,
  upstream: orange,
  skipped: grey,
  cancelled: grey,
};
