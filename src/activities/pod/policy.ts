/** What the operator of a worker lets its pods be: an allow-list, judged on the final manifest. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import { hostFaults } from './policy/host.ts';
import { identityFaults, tokenFaults } from './policy/identity.ts';
import { imageFaults } from './policy/images.ts';
import { unknownFieldFaults } from './policy/known-fields.ts';
import { referenceFaults } from './policy/references.ts';
import { resourceFaults, timeFaults } from './policy/resources.ts';
import { DEFAULTS, type Policy } from './policy/rules.ts';
import { schedulingFaults } from './policy/scheduling.ts';
import { securityFaults } from './policy/security.ts';
import { volumeFaults } from './policy/volumes.ts';

export { defaultTotal, withTotal } from './policy/default-total.ts';
export type { Policy } from './policy/rules.ts';

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
