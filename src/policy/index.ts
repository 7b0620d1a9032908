/** What the operator of a worker lets its pods be: an allow-list, judged on the final manifest. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import { hostFaults, securityFaults } from './security.ts';
import { identityFaults, tokenFaults } from './identity.ts';
import { imageFaults, referenceFaults } from './references.ts';
import { unknownFieldFaults } from './known-fields.ts';
import { resourceFaults, timeFaults } from './resources.ts';
import { DEFAULTS, type Policy } from './rules.ts';
import { schedulingFaults } from './scheduling.ts';
import { volumeFaults } from './volumes.ts';

export { defaultTotal, mostLogBytes, withTotal } from './resources.ts';
export type { Policy } from './rules.ts';

/** Without a file of the operator: every rule has its default. */
export const DEFAULT_POLICY: Policy = {};

/** What the manifest has that the policy does not allow: one line a fault, with rule, path and value. */
export function policyFaults(policy: Policy, manifest: V1Pod): string[] {
  const rules = { ...DEFAULTS, ...policy };
  return [
    ...unknownFieldFaults(manifest),
    ...identityFaults(rules, manifest),
    ...tokenFaults(rules, manifest),
    ...imageFaults(rules, manifest),
    ...referenceFaults(rules, manifest),
    ...volumeFaults(rules, manifest),
    ...hostFaults(rules, manifest),
    ...securityFaults(rules, manifest),
    ...schedulingFaults(rules, manifest),
    ...resourceFaults(rules, manifest),
    ...timeFaults(rules, manifest),
  ];
}
