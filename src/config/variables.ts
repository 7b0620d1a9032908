/** The environment variables of our own, checked together. */
import { z } from 'zod';
import { milliseconds } from '../duration.ts';
import { usage } from '../problem.ts';

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
    .min(1)
    .max(10_000)
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
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map(
    ({ path, message }) => `${path.join('.')}=${env[path.join('.')]}: ${message}`,
  );
  throw usage(`the environment is not valid: ${faults.join('; ')}`);
}

function isLength(every: string): boolean {
  try {
    return milliseconds(every) >= 1000;
  } catch {
    return false;
  }
}
