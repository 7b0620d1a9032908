/** Kubernetes quantities (`250m`, `1.5Gi`, `1e9`), exactly: as thousand-millionths, the finest that Kubernetes knows. */

const SUFFIX = /^[+]?(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const FINEST = 9;
/** More than any amount needs; reading takes the square of it. */
const LONGEST = 64;

/** In thousand-millionths, rounded up; undefined when it is not a quantity, or a negative one. */
export function quantity(text: unknown): bigint | undefined {
  if (typeof text !== 'string' && typeof text !== 'number') return undefined;
  const written = String(text);
  const [, digits, exponent, suffix = ''] = (written.length <= LONGEST && SUFFIX.exec(written)) || [];
  if (digits === undefined) return undefined;
  const [whole = '', fraction = ''] = digits.split('.');
  const power = FINEST - fraction.length + (exponent ? Number(exponent) : (DECIMAL[suffix] ?? 0));
  const value = BigInt(whole + fraction) * 1024n ** BigInt(BINARY.indexOf(suffix) + 1);
  const scale = 10n ** BigInt(Math.abs(power));
  return power >= 0 ? value * scale : (value + scale - 1n) / scale;
}
