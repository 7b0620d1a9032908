/** The environment variables of our own, checked together. */
import { z } from 'zod';
import { suggestion } from '../common/did-you-mean.ts';
import { milliseconds } from '../common/duration.ts';
import { pathText } from '../common/path-text.ts';
import { usage } from '../common/problem.ts';
import {
  DEFAULT_HEARTBEAT_TIMEOUT,
  LONGEST_HEARTBEAT_TIMEOUT,
  SHORTEST_HEARTBEAT_TIMEOUT,
} from '../contract/defaults.ts';

const text = z.string().min(1);
/** The text of a file, given for its name, is none. */
const path = text.refine(
  (value) => !/[\r\n]/.test(value) && value.split('/').every((name) => Buffer.byteLength(name) <= 255),
  'is no path',
);

const VARIABLES = z.object({
  TEMPORAL_PODS_TASK_QUEUE: text.max(200).default('temporal-pods'),
  TEMPORAL_PODS_CONTEXT: text.optional(),
  TEMPORAL_PODS_KUBECONFIG: path.optional(),
  TEMPORAL_PODS_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(,[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/, 'is not a list of namespaces')
    .optional(),
  TEMPORAL_PODS_SWEEP_EVERY: z
    .string()
    .refine((every) => every === 'never' || isLength(every), 'is neither a length of time nor never')
    .default('5m'),
  TEMPORAL_PODS_HEARTBEAT_TIMEOUT: z
    .string()
    .transform((length, context) => {
      const ms = lengthOf(length);
      if (ms >= SHORTEST_HEARTBEAT_TIMEOUT && ms <= LONGEST_HEARTBEAT_TIMEOUT) return ms;
      context.addIssue('is not a length of time from 10s to 10m');
      return z.NEVER;
    })
    .default(DEFAULT_HEARTBEAT_TIMEOUT),
  TEMPORAL_PODS_LOG_DIR: path.optional(),
  TEMPORAL_PODS_MAX_PODS: z.coerce
    .number('is not a number')
    .int('is not a whole number')
    .min(1, 'must be 1 to 10000')
    .max(10_000, 'must be 1 to 10000')
    .default(500),
  TEMPORAL_PODS_UI_URL: z
    .url({ protocol: /^https?$/, error: 'is not a URL of http or https' })
    .refine((url) => !hasPassword(url), 'has a user or a password in it, and every link would show them')
    .optional(),
  TEMPORAL_PODS_TEMPLATE: path.optional(),
  TEMPORAL_PODS_TEMPLATES: path.optional(),
  TEMPORAL_PODS_POLICY: path.optional(),
  TEMPORAL_PODS_CALLBACKS: path.optional(),
  TEMPORAL_PODS_WORKFLOWS: path.optional(),
  TEMPORAL_PODS_COLLECTOR_IMAGE: z.string().regex(/^\S+$/, 'is empty or has a blank in it').optional(),
});

/** @throws Problem (2) that names every wrong variable, and its value where that holds no secret */
export function variables(env: NodeJS.ProcessEnv): z.infer<typeof VARIABLES> {
  const checked = VARIABLES.safeParse(env);
  const faults = [
    ...unknownOf(env),
    ...(checked.error?.issues ?? []).map(({ path, message }) => `${assigned(path.join('.'), env)}: ${message}`),
  ];
  if (checked.success && faults.length === 0) return checked.data;
  throw usage(`the environment is not valid: ${faults.join('; ')}`);
}

const KNOWN = Object.keys(VARIABLES.shape);

/** What may hold a password is not shown; nor is what we do not know, since a name may be mistyped and its value be anything. */
const assigned = (name: string, env: NodeJS.ProcessEnv): string =>
  name === 'TEMPORAL_PODS_UI_URL' ? name : `${name}=${pathText(env[name] ?? '')}`;

const hasPassword = (url: string): boolean => Boolean(URL.parse(url)?.username || URL.parse(url)?.password);

/** A misspelt policy would be no policy at all. */
const unknownOf = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name) && !OTHERS.test(name))
    .map((name) => `${name}: there is no such variable${suggestion(name, KNOWN, { as: String })}`);

const PREFIX = 'TEMPORAL_PODS_';

/** Also set by others: for a pod's program (see must-hold.ts), for the processes of the local stack, and by Kubernetes for a Service of that name. */
const OTHERS =
  /^TEMPORAL_PODS_(WORKFLOW_ID|RUN_ID|TASK|TRY|POD|RUN|PART|(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?))$/;

const isLength = (every: string): boolean => lengthOf(every) >= 1000;

/** Milliseconds; NaN when it is none. */
function lengthOf(text: string): number {
  try {
    return milliseconds(text);
  } catch {
    return NaN;
  }
}
