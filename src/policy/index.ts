/** What the operator of a worker lets its pods be: an allow-list, judged on the final manifest. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import { firstFaults } from '../common/issue-text.ts';
import { hostFaults, securityFaults } from './security.ts';
import { identityFaults, tokenFaults } from './identity.ts';
import { imageFaults, referenceFaults } from './references.ts';
import { unknownFieldFaults } from './known-fields.ts';
import { resourceFaults, timeFaults } from './resources.ts';
import { DEFAULTS, type Policy, type Rules } from './rules.ts';
import { schedulingFaults } from './scheduling.ts';
import { volumeFaults } from './volumes.ts';

export { defaultTotal, mostLogBytes, withTotal } from './resources.ts';
export type { Policy } from './rules.ts';

/** Without a file of the operator: every rule has its default. */
export const DEFAULT_POLICY: Policy = {};

/** What the manifest has that the policy does not allow: one line a fault, with rule, path and value; the first 20. */
export const policyFaults = (policy: Policy, manifest: V1Pod): string[] =>
  firstFaults(allFaults({ ...DEFAULTS, ...policy }, manifest));

function* allFaults(rules: Rules, manifest: V1Pod): Iterable<string> {
  yield* unknownFieldFaults(manifest);
  yield* identityFaults(rules, manifest);
  yield* tokenFaults(rules, manifest);
  yield* imageFaults(rules, manifest);
  yield* referenceFaults(rules, manifest);
  yield* volumeFaults(rules, manifest);
  yield* hostFaults(rules, manifest);
  yield* securityFaults(rules, manifest);
  yield* schedulingFaults(rules, manifest);
  yield* resourceFaults(rules, manifest);
  yield* timeFaults(rules, manifest);
}
