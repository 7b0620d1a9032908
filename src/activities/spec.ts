/**
 * The door: an author's spec is checked here before anything is created, and every complaint names the field and the value.
 * What Kubernetes itself checks better (the template's pod spec) is left to the API server.
 */
import { z } from 'zod';
import type { Cleanup, Duration, PodSpec } from '../types.ts';
import { milliseconds } from '../duration.ts';
import { failNow } from './failure.ts';
import { DEFAULT_MAIN_CONTAINER } from './pod/names.ts';

/** Ten years: dates, Temporal and Kubernetes have limits not far above. */
const LONGEST = 10 * 365.25 * 86_400_000;

const duration = z.custom<Duration>(isDuration, 'is not a length of time (as 90000, "90s", "15m", "2h")');
const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'is not a DNS label: a-z, 0-9 and -, at most 63');
const quantity = z
  .string()
  .regex(/^[+-]?\d+(\.\d+)?([eE][+-]?\d+|[numkMGTPE]i?|Ki)?$/, 'is not a quantity (as "250m", "2", "512Mi")');
const quantities = z.record(z.string().min(1), quantity);
const metadata = z.record(
  z.string().regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, 'is not a label or annotation key'),
  z.string(),
);
const labels = z.record(
  metadata.keyType,
  z
    .string()
    .regex(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/, 'is not a label value: at most 63 of A-Z a-z 0-9 . _ -'),
);
const named = z.array(z.looseObject({ name: dnsLabel })).refine(areDistinct, 'has two entries of the same name');

const containers = named.refine(
  (all) => all.every((one) => one['restartPolicy'] === undefined),
  'has a container with a restartPolicy: a task that runs twice is two tries',
);

const template = z.strictObject({
  metadata: z.strictObject({ labels: labels.optional(), annotations: metadata.optional() }).optional(),
  spec: z
    .looseObject({
      containers: containers.optional(),
      initContainers: named.optional(),
      restartPolicy: z.literal('Never', 'must be "Never": a task that runs twice is two tries').optional(),
      ephemeralContainers: z.undefined('cannot be part of a new pod').optional(),
    })
    .optional(),
});

const shape = z.strictObject({
  image: z.string().regex(/^\S+$/, 'is empty or has a blank in it').optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][\w.-]*$/, 'is not a name for a variable'), z.string()).optional(),
  resources: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
  labels: labels.optional(),
  annotations: metadata.optional(),
  namespace: dnsLabel.optional(),
  serviceAccount: z.string().min(1).optional(),
  template: template.optional(),
  mainContainer: dnsLabel.optional(),
  timeouts: z
    .strictObject({ start: duration.optional(), run: duration.optional(), total: duration.optional() })
    .optional(),
  grace: duration.optional(),
  retries: z.int().min(0).max(100).optional(),
});

/** What is wrong with a spec: one line a fault, each with its path and value. Empty when nothing is. */
export function specFaults(spec: unknown): string[] {
  const checked = shape.safeParse(spec, { reportInput: true });
  if (!checked.success) return checked.error.issues.flatMap(explain);
  const { image, mainContainer = DEFAULT_MAIN_CONTAINER, template } = checked.data;
  const main = template?.spec?.containers?.find(({ name }) => name === mainContainer);
  if (image || main?.['image']) return [];
  return [`image: is missing; the main container '${mainContainer}' needs one, here or in template.spec.containers`];
}

/** @throws ApplicationFailure `InvalidSpec`, not retryable */
export function parseSpec(spec: unknown, cleanup: Cleanup | undefined): PodSpec {
  const faults = specFaults(spec);
  if (faults.length > 0)
    throw failNow('InvalidSpec', `the pod's spec is not valid:\n  ${faults.join('\n  ')}`, cleanup);
  return spec as PodSpec;
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue): string[] {
  const at = (path: readonly PropertyKey[]) =>
    ['spec', ...path]
      .map(String)
      .join('.')
      .replace(/^spec\.(?=.)/, '');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${at([...issue.path, key])}: is not a field that runPod knows`);
    case 'invalid_type':
      return [`${at(issue.path)}: must be ${article(issue.expected)}, got ${shown(issue.input)}`];
    case 'invalid_key':
      return [`${at(issue.path)}: ${issue.issues[0]?.message ?? 'is not a valid key'}`];
    default:
      return [`${at(issue.path)}: ${issue.message}, got ${shown(issue.input)}`];
  }
}

const article = (type: string) =>
  type === 'int' ? 'a whole number' : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;

/** At most 80 characters: a value is there to be recognised. */
function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function isDuration(value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  try {
    return milliseconds(value) <= LONGEST;
  } catch {
    return false;
  }
}

function areDistinct(items: { name: string }[]): boolean {
  return new Set(items.map(({ name }) => name)).size === items.length;
}
