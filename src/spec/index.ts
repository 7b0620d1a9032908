/**
 * The door: an author's spec is checked here before anything is created, and every complaint names the field and the value.
 * What only a cluster knows is left to the API server.
 */
import { isObject } from '../common/is-object.ts';
import { shown } from '../common/issue-text.ts';
import { explain } from './explain.ts';
import { kubernetesFaults } from './kubernetes.ts';
import { plainFaults } from './plain.ts';
import { shape, variantsOf } from './shape.ts';
import { togetherFaults } from './together.ts';

/** What is wrong with a spec: one line a fault, each with its path and value. Empty when nothing is. */
export function specFaults(spec: unknown): string[] {
  const plain = plainFaults(spec);
  if (plain.length > 0) return plain;
  if (isPod(spec)) return [`spec: is a whole Pod: put its metadata and spec under template, got ${shown(spec)}`];
  const checked = shape.safeParse(spec, { reportInput: true });
  const faults = checked.success ? [] : checked.error.issues.flatMap((issue) => explain(issue));
  if (!isObject(spec)) return faults;
  for (const [field, variant, value] of variantsOf(spec)) {
    const { error } = variant.safeParse(value, { reportInput: true });
    faults.push(...(error?.issues.flatMap((issue) => explain(issue, field.split('.'), variant)) ?? []));
  }
  faults.push(...kubernetesFaults(spec));
  return faults.length > 0 ? faults : togetherFaults(spec);
}

/** As `kubectl` takes one. */
const isPod = (spec: unknown) =>
  isObject(spec) && isObject(spec['spec']) && (spec['kind'] ?? 'Pod') === 'Pod' && spec['template'] === undefined;
