/** Each field of a spec by itself. What is Kubernetes' own is left to `kubernetes.ts`, what fields say about each other to `together.ts`. */
import { posix } from 'node:path';
import { z } from 'zod';
import { isObject } from '../common/is-object.ts';
import type { PodSpec } from '../contract/index.ts';
import {
  annotations,
  argument,
  atLeast,
  distinct,
  dnsLabel,
  duration,
  labels,
  nodeLabels,
  lengthOf,
  objectName,
  positive,
  quantities,
} from './words.ts';

const exitCodes = z
  .array(z.int('must be a whole number').min(0, 'is no exit code: 0 to 255').max(255, 'is no exit code: 0 to 255'))
  .refine((codes) => new Set(codes).size === codes.length, 'has a code twice');

const retries = z.strictObject({
  count: z.int().min(0, 'must be 0 to 100').max(100, 'must be 0 to 100'),
  delay: duration.optional(),
  factor: z.number().min(1, 'must be 1 to 10').max(10, 'must be 1 to 10').optional(),
  maxDelay: duration.optional(),
});

const result = {
  required: z.boolean().optional(),
  // Its own checks are the result's.
  schema: z.unknown().optional(),
};

/** Linux knows no longer one. */
const path = z.string().max(4096, { error: 'is longer than the 4096 bytes of a path', abort: true });

const resultPath = path
  .refine((path) => path.startsWith('/'), 'must be an absolute path')
  .refine((path) => !path.endsWith('/'), 'must be a file, not a folder')
  .refine((path) => !path.split('/').includes('..'), 'must not have ".." in it')
  .refine((path) => !path.includes('\0'), 'is not a path')
  .refine(
    (path) => !/^\/+(dev|proc|sys)(\/|$)/.test(posix.normalize(path)),
    'must not be below /dev, /proc or /sys: those are the kernel’s',
  );

const templateFile = path
  .regex(/\.(yaml|yml|json)$/, 'must end in .yaml, .yml or .json')
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\'),
    "must be relative to the worker's folder of templates",
  )
  .refine((path) => !path.split('/').includes('..'), "must not leave the worker's folder of templates");

/** Kubernetes' objects: any at all here. */
const theirs = z.unknown().optional();

export const shape = z.strictObject({
  image: z.string().regex(/^\S+$/, 'is empty or has a blank in it').optional(),
  command: z.array(argument).optional(),
  args: z.array(argument).optional(),
  env: theirs,
  envFrom: theirs,
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSecrets: distinct(objectName).optional(),
  resources: z.strictObject({ requests: quantities.nullish(), limits: quantities.nullish() }).optional(),
  volumes: theirs,
  volumeMounts: theirs,
  nodeSelector: nodeLabels.optional(),
  tolerations: theirs,
  labels: labels.optional(),
  annotations: annotations.optional(),
  namespace: dnsLabel.optional(),
  serviceAccount: objectName.optional(),
  template: z
    .strictObject({
      metadata: z.strictObject({ labels: labels.nullish(), annotations: annotations.nullish() }).nullish(),
      spec: theirs,
    })
    .optional(),
  templateFile: templateFile.optional(),
  mainContainer: dnsLabel.optional(),
  timeouts: z
    .strictObject({
      schedule: positive.optional(),
      start: positive.optional(),
      init: positive.optional(),
      imagePull: duration.optional(),
      run: positive.optional(),
      total: positive.optional(),
      nodeLost: positive.optional(),
      drain: duration.optional(),
      terminate: duration.optional(),
    })
    .optional(),
  grace: atLeast(1000, 'at least 1 s: with less a DELETE frees the name and not the process')
    .refine((length) => (lengthOf(length) ?? 0) % 1000 === 0, 'must be whole seconds: Kubernetes counts no others')
    .optional(),
  exitCodes: z
    .strictObject({
      success: exitCodes.min(1, 'is empty: nothing would be a success').optional(),
      skip: exitCodes.optional(),
      retry: exitCodes.optional(),
      fatal: exitCodes.optional(),
    })
    .optional(),
  retries: theirs,
  idempotent: z.boolean().optional(),
  logs: z
    .strictObject({
      containers: z.unknown().optional(),
      maxLineBytes: z.int().min(256, 'must be at least 256').optional(),
      maxBytes: z.int().min(1, 'must be at least 1').optional(),
      tailBytes: z.int().min(0, 'must be 0 to 16384').max(16_384, 'must be 0 to 16384').optional(),
      print: z.boolean().optional(),
    })
    .optional(),
  events: z.enum(['onProblem', 'always', 'never']).optional(),
  result: theirs,
  onFinish: z.enum(['delete', 'keepFailed', 'keep']).optional(),
  waitForRemoval: z.boolean().optional(),
  keepFor: positive.optional(),
  onCancel: z.enum(['delete', 'keep']).optional(),
  onPause: z.enum(['keep', 'delete']).optional(),
  keepForDebug: positive.optional(),
  callbacks: distinct(z.string().min(1, 'is empty')).optional(),
} satisfies Record<keyof PodSpec, z.ZodType>);

/** One of several: which one decides what is said of it. */
export function variantsOf(spec: Record<string, unknown>): [field: string, shape: z.ZodType, value: unknown][] {
  const { retries: tries, logs, result: source } = spec;
  const containers = isObject(logs) ? logs['containers'] : undefined;
  return [
    ['retries', typeof tries === 'object' ? retries.optional() : retries.shape.count.optional(), tries],
    [
      'logs.containers',
      Array.isArray(containers) ? distinct(dnsLabel) : z.literal('all', 'must be "all" or a list of names').optional(),
      containers,
    ],
    ['result', source === undefined ? z.undefined() : resultOf(source), source],
  ];
}

function resultOf(source: unknown): z.ZodType {
  const from = isObject(source) ? source['from'] : undefined;
  switch (from) {
    case 'terminationMessage':
      return z.strictObject({ ...result, from: z.string() });
    case 'log':
      return z.strictObject({ ...result, from: z.string(), marker: marker.optional() });
    case 'file':
      return z.strictObject({ ...result, from: z.string(), path: resultPath });
    default:
      return z.looseObject({ from: z.enum(['terminationMessage', 'log', 'file']) });
  }
}

const marker = z
  .string()
  .min(1, 'is empty')
  .max(256, 'is longer than 256')
  .refine((text) => !/[\n\r]/.test(text), 'has a line break in it: it begins a line of the log');
