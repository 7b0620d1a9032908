/** How a change is laid over a spec. Pure. */
import type { SpecChange } from '../../contract/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of these, what is not named stays: who asks for more memory does not mean to take the CPU away. */
const DEPTHS: Readonly<Record<string, number>> = { env: 1, timeouts: 1, resources: 2 };

export function changeSpec<S extends object>(spec: S, change: SpecChange | undefined): S {
  if (!change) return spec;
  const changed = Object.entries(addChange(spec as Fields, change));
  return Object.fromEntries(changed.filter(([, value]) => value !== null)) as S;
}

/** Two changes as one. */
export function addChange(earlier: SpecChange | undefined, change: SpecChange): SpecChange {
  const fields = Object.entries(change).map(([name, value]) => [name, lay(value, earlier?.[name], DEPTHS[name] ?? 0)]);
  return { ...earlier, ...(Object.fromEntries(fields) as Fields) };
}

function lay(value: unknown, over: unknown, depth: number): unknown {
  if (depth === 0 || !isFields(value) || !isFields(over)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, lay(inner, over[name], depth - 1)]);
  return { ...over, ...(Object.fromEntries(entries) as Fields) };
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
