/** Kubernetes quantities of bytes, exactly: a float would turn 1.1 × 1000 into 1101. Pure. */
import { quantity } from '../common/quantity.ts';

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['k', 'M', 'G', 'T', 'P', 'E'];
/** `quantity` counts in thousand-millionths. */
const FINEST = 1_000_000_000n;

/** Whole bytes, rounded up as Kubernetes does; undefined when it is no quantity. */
export function bytesOf(text: string): bigint | undefined {
  const finest = quantity(text);
  return finest === undefined ? undefined : ceil(finest, FINEST);
}

/** Times a factor, rounded up to whole bytes. */
export function times(bytes: bigint, factor: number): bigint {
  const [numerator, denominator] = fraction(String(factor));
  return ceil(bytes * numerator, denominator);
}

/** In the largest unit that tells it exactly: `768Mi`, `2G`, `1000001`. */
export function quantityOf(bytes: bigint): string {
  const [size, unit] = largest(bytes, BINARY, 1024n) ?? largest(bytes, DECIMAL, 1000n) ?? [bytes, ''];
  return `${size}${unit}`;
}

function largest(bytes: bigint, units: readonly string[], step: bigint): [size: bigint, unit: string] | undefined {
  for (let at = units.length; at > 0; at--) {
    const size = step ** BigInt(at);
    if (bytes >= size && bytes % size === 0n) return [bytes / size, units[at - 1]!];
  }
  return undefined;
}

function fraction(decimal: string): [numerator: bigint, denominator: bigint] {
  const [whole = '', part = ''] = decimal.split('.');
  return [BigInt(`${whole}${part}` || '0'), 10n ** BigInt(part.length)];
}

const ceil = (numerator: bigint, denominator: bigint) => (numerator + denominator - 1n) / denominator;
