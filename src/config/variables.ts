/** The environment variables of our own, checked together. */
import { z } from 'zod';
import { suggestion } from '../common/did-you-mean.ts';
import { milliseconds } from '../common/duration.ts';
import { usage } from '../common/problem.ts';

const text = z.string().min(1);

const VARIABLES = z.object({
  TEMPORAL_PODS_TASK_QUEUE: text.max(200).default('temporal-pods'),
  TEMPORAL_PODS_CONTEXT: text.optional(),
  TEMPORAL_PODS_KUBECONFIG: text.optional(),
  TEMPORAL_PODS_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(,[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/, 'is not a list of namespaces')
    .optional(),
  TEMPORAL_PODS_SWEEP_EVERY: z
    .string()
    .refine((every) => every === 'never' || isLength(every), 'is neither a length of time nor never')
    .default('5m'),
  TEMPORAL_PODS_LOG_DIR: text.optional(),
  TEMPORAL_PODS_MAX_PODS: z.coerce
    .number('is not a number')
    .int('is not a whole number')
    .min(1, 'must be 1 to 10000')
    .max(10_000, 'must be 1 to 10000')
    .default(500),
  TEMPORAL_PODS_UI_URL: z.url('is not a URL').optional(),
  TEMPORAL_PODS_TEMPLATE: text.optional(),
  TEMPORAL_PODS_TEMPLATES: text.optional(),
  TEMPORAL_PODS_POLICY: text.optional(),
  TEMPORAL_PODS_CALLBACKS: text.optional(),
  TEMPORAL_PODS_WORKFLOWS: text.optional(),
  TEMPORAL_PODS_COLLECTOR_IMAGE: z.string().regex(/^\S+$/, 'is empty or has a blank in it').optional(),
});

/** @throws Problem (2) that names every wrong variable and its value */
export function variables(env: NodeJS.ProcessEnv): z.infer<typeof VARIABLES> {
  const checked = VARIABLES.safeParse(env);
  const faults = [
    ...unknownOf(env),
    ...(checked.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}=${env[path.join('.')]}: ${message}`),
  ];
  if (checked.success && faults.length === 0) return checked.data;
  throw usage(`the environment is not valid: ${faults.join('; ')}`);
}

const KNOWN = Object.keys(VARIABLES.shape);

/** A misspelt policy would be no policy at all. */
const unknownOf = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name) && !OTHERS.test(name))
    .map((name) => `${name}=${env[name]}: there is no such variable${suggestion(name, KNOWN, { as: String })}`);

const PREFIX = 'TEMPORAL_PODS_';

/** Also set by others: for a pod's program (see must-hold.ts), for the processes of the local stack, and by Kubernetes for a Service of that name. */
const OTHERS =
  /^TEMPORAL_PODS_(WORKFLOW_ID|RUN_ID|TASK|TRY|POD|RUN|PART|(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?))$/;

function isLength(every: string): boolean {
  try {
    return milliseconds(every) >= 1000;
  } catch {
    return false;
  }
}
