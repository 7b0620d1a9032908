/**
 * The door: an author's spec is checked here before anything is created, and every complaint names the field and the value.
 * What only a cluster knows is left to the API server.
 */
import type { z } from 'zod';
import { isObject } from '../common/is-object.ts';
import { firstFaults, shown } from '../common/issue-text.ts';
import { explain } from './explain.ts';
import { kubernetesFaults } from './kubernetes.ts';
import { plainFaults } from './plain.ts';
import { shape, variantsOf } from './shape.ts';
import { togetherFaults } from './together.ts';

/**
 * What is wrong with a spec: one line a fault, each with its path and value; the first 20. Empty when nothing is. A worker has one
 * thread for all of its pods, so the size is bounded first (`plain.ts`), and a fault costs something only when it is told.
 */
export function specFaults(spec: unknown): string[] {
  const plain = plainFaults(spec);
  if (plain.length > 0) return plain;
  if (isPod(spec)) return [`spec: is a whole Pod: put its metadata and spec under template, got ${shown(spec)}`];
  const faults = firstFaults(fieldFaults(spec));
  return faults.length > 0 || !isObject(spec) ? faults : firstFaults(togetherFaults(spec));
}

function* fieldFaults(spec: unknown): Iterable<string> {
  yield* told(shape, spec);
  if (!isObject(spec)) return;
  for (const [field, variant, value] of variantsOf(spec)) yield* told(variant, value, field.split('.'));
  yield* kubernetesFaults(spec);
}

function* told(type: z.ZodType, value: unknown, path: readonly string[] = []): Iterable<string> {
  const { error } = type.safeParse(value, { reportInput: true });
  for (const issue of error?.issues ?? []) yield* explain(issue, path, type, value);
}

/** As `kubectl` takes one. */
const isPod = (spec: unknown) =>
  isObject(spec) && isObject(spec['spec']) && (spec['kind'] ?? 'Pod') === 'Pod' && spec['template'] === undefined;
