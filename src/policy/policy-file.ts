/** The operator's policy as a file: YAML or JSON, where a rule that is misspelt must not be a rule that is not there. */
import { z } from 'zod';
import { suggestion } from '../common/did-you-mean.ts';
import { isTooBare, milliseconds, tooBareText } from '../common/duration.ts';
import { issueText, pathText } from '../common/issue-text.ts';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import { quantity } from '../common/quantity.ts';
import { readYaml } from '../common/yaml.ts';
import type { Duration } from '../contract/index.ts';
import type { HostPath, Policy } from './rules.ts';
import { isWithin } from './volumes.ts';

const names = z.array(z.string());
const yes = z.boolean();
const amount = z
  .union([z.string(), z.number()])
  .refine((value) => quantity(value) !== undefined, 'is not a quantity (as "250m", 2, "512Mi")');
const duration = z
  .union([z.string(), z.number()])
  .refine(isDuration, { error: 'is not a length of time (as "90s", "15m", "2h")', abort: true })
  .refine((value) => !isTooBare(value), { error: ({ input }) => tooBareText(input as Duration) });
const port = z
  .union([z.string(), z.number()])
  .refine((value) => /^\d{1,5}(-\d{1,5})?$/.test(String(value)), 'is neither a port nor a range as "8000-8099"');
const hostPath = z.strictObject({
  path: z.string().refine(isFolder, 'is not an absolute path without ".."'),
  readOnly: yes.optional(),
});

const hostPaths = z.array(hostPath).refine((all) => innerOf(all) === undefined, {
  error: ({ input }) =>
    `has a folder inside of another, ${innerOf(input as HostPath[])}: what is written into the one would choose what the other shows`,
});
const demands = z.record(z.string().min(1), z.union([z.string(), names]));

const shape = {
  namespaces: names,
  images: names,
  imageDigestsOnly: yes,
  labels: names,
  annotations: names,
  requireLabels: demands,
  requireAnnotations: demands,
  serviceAccounts: names,
  serviceAccountTokens: yes,
  secrets: names,
  configMaps: names,
  volumeTypes: names.refine((types) => !types.includes('hostPath'), 'has hostPath: name its folders in hostPaths'),
  hostPaths,
  persistentVolumeClaims: names,
  storageClasses: names,
  csiDrivers: names,
  resourceClaims: names,
  hostNetwork: yes,
  hostPID: yes,
  hostIPC: yes,
  hostPorts: z.array(port),
  probeHosts: yes,
  requireUserNamespace: yes,
  gmsaCredentials: names,
  privileged: yes,
  privilegeEscalation: yes,
  runAsRoot: yes,
  capabilities: names,
  procMounts: names,
  seccompProfiles: names,
  appArmorProfiles: names,
  seLinuxTypes: names,
  sysctls: names,
  runtimeClasses: names,
  priorityClasses: names,
  schedulers: names,
  schedulingGates: names,
  nodeLabels: names,
  requireNodeSelector: demands,
  nodeNames: yes,
  tolerations: names,
  resources: z.record(z.string().min(1), z.strictObject({ request: amount.optional(), limit: amount.optional() })),
  requireLimits: names,
  maxRunTime: duration,
  maxGrace: duration,
  maxLogBytes: amount,
} satisfies Record<keyof Policy, z.ZodType>;

const RULES = Object.keys(shape);
const policy = z.strictObject(shape).partial();

/** @throws Problem (2) with the file first and every fault on a line of its own, each with its field and value */
export function parsePolicy(text: string, from: string): Policy {
  const checked = policy.safeParse(read(text, from), { reportInput: true });
  // YAML has no undefined.
  if (checked.success) return checked.data as Policy;
  throw usage(`${from}: is not a policy for pods:\n  ${checked.error.issues.flatMap(explain).join('\n  ')}`);
}

function read(text: string, from: string): unknown {
  try {
    return readYaml(text);
  } catch (error) {
    throw usage(`${from}: ${messageOf(error)}`);
  }
}

function explain(issue: z.core.$ZodIssue): string[] {
  const at = pathText(issue.path, '');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(
      (key) => `${at && `${at}.`}${key}: is not a rule${suggestion(key, at === '' ? RULES : [], { as: String })}`,
    );
  return [issueText(at || 'the policy', issue)];
}

const innerOf = (all: readonly Pick<HostPath, 'path'>[]): string | undefined =>
  all.find((one) => all.some((other) => other !== one && isWithin(one.path, other.path)))?.path;

function isFolder(path: string): boolean {
  return path.startsWith('/') && !path.split('/').includes('..');
}

function isDuration(value: string | number): boolean {
  try {
    return milliseconds(value) >= 0;
  } catch {
    return false;
  }
}
