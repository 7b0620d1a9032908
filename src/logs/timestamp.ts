/** A timestamp as the kubelet writes it before each line: RFC 3339 with up to nine decimals, in the node's zone. */
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** The longest one, without the space behind it: `2026-11-22T10:00:00.123456789+08:00`. */
export const timestampLength = 35;

export const second = 1_000_000_000n;

/** Nanoseconds since 1970; undefined when the text is no timestamp. (A `Date` would drop everything below a millisecond.) */
export function parseTimestamp(text: string): bigint | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, clock = '', decimals = '', zone = ''] = match;
  const wholeSecond = clock + zone;
  if (wholeSecond !== memo.text) memo = { text: wholeSecond, ns: parseSecond(wholeSecond) };
  return memo.ns === undefined ? undefined : memo.ns + BigInt(decimals.padEnd(9, '0'));
}

function parseSecond(text: string): bigint | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n;
}

/** Thousands of lines in a row have the same second. */
let memo: { readonly text: string; readonly ns: bigint | undefined } = { text: '', ns: undefined };

/** The `sinceTime` that surely includes this instant: whole seconds, because the API server cuts the rest off anyway. */
export function sinceTime(ns: bigint, marginSeconds: number): string {
  const seconds = Number(ns / second) - marginSeconds;
  return new Date(Math.max(0, seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Now, in the kubelet's format. */
export const timestampNow = (): string => new Date().toISOString().replace('Z', '000000Z');
