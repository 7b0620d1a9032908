/** What the operator of a worker lets its pods be: an allow-list, judged on the final manifest. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Policy } from './policy/rules.ts';

export type { Policy } from './policy/rules.ts';

/** Without a file of the operator: every rule has its default. */
export const DEFAULT_POLICY: Policy = {};

/** What the manifest has that the policy does not allow: one line a fault, with rule, path and value. */
export function policyFaults(_policy: Policy, _manifest: V1Pod): string[] {
  return [];
}
