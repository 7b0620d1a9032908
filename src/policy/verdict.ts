/** How a rule says no: the rule, the path, the value, and what would have been allowed. Names are judged by globs. */

import { isObject } from '../common/is-object.ts';

const SHOWN = 300;

/** A name against a list of globs. @param may whether the list can allow it at all */
export function* mustBeOneOf(
  rule: string,
  path: string,
  value: string,
  globs: readonly string[],
  may = true,
): Iterable<string> {
  if (may && didMatch(value, globs)) return;
  const list = globs.length > 0 ? shown(globs.map((glob) => glob || "''").join(', ')) : 'nothing';
  yield `${rule}: ${path} ${JSON.stringify(shown(value))} is not allowed; allowed: ${list}`;
}

/** Whether a list refuses nothing: what reaches more than the one thing it names is allowed by such a list only. */
export const allowsAll = (globs: readonly string[]): boolean =>
  globs.includes('*') && !globs.some((glob) => glob.startsWith('!'));

/** What has no name that a list could hold. */
export function* mustAllowAll(
  rule: string,
  path: string,
  value: unknown,
  globs: readonly string[],
  why = 'is not allowed',
): Iterable<string> {
  if (!allowsAll(globs)) yield fault(rule, path, value, `${why}; it needs ${rule}: ['*']`);
}

/** A key with a value that somebody has demanded. */
export function* mustBeThere(
  rule: string,
  path: string,
  values: unknown,
  demanded: Readonly<Record<string, string | readonly string[]>>,
): Iterable<string> {
  const given = new Map(entries(values));
  for (const [key, allowed] of Object.entries(demanded)) {
    const globs = [allowed].flat();
    if (given.has(key)) yield* mustBeOneOf(rule, `${path}.${key}`, textOf(given.get(key)), globs);
    else yield fault(rule, `${path}.${key}`, undefined, `must be there; allowed: ${globs.join(', ')}`);
  }
}

/** A switch that is on in the manifest and off in the policy. */
export function* mustBeAllowed(rule: string, path: string, value: unknown, allowed: boolean): Iterable<string> {
  if (!allowed) yield `${rule}: ${path} ${asText(value)} is not allowed; it needs ${rule}: true`;
}

/** Anything else: the path and value, and what they must be. */
export const fault = (rule: string, path: string, value: unknown, must: string): string =>
  `${rule}: ${path} ${asText(value)} ${must}`;

/** Keys and values that are there: `null` is Kubernetes' nothing. */
export const entries = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value).filter(([, one]) => one !== undefined && one !== null) : [];

export const keys = (value: unknown): string[] => entries(value).map(([key]) => key);

/** What a field says when it is not there, or is not a text. */
export const textOf = (value: unknown, absent = ''): string => (typeof value === 'string' ? value : absent);

const asText = (value: unknown): string =>
  shown(value === undefined ? '(absent)' : (JSON.stringify(value) ?? typeof value));

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text);

/** `*` stands for any characters; an entry with `!` refuses what the others allow. */
function didMatch(name: string, globs: readonly string[]): boolean {
  const refuses = (glob: string) => glob.startsWith('!');
  return (
    globs.some((glob) => !refuses(glob) && matches(name, glob)) &&
    !globs.some((glob) => refuses(glob) && matches(name, glob.slice(1)))
  );
}

/** In linear time: both the glob and the name may be anybody's. */
export function matches(name: string, glob: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return name === glob;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
