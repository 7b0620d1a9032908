/** Ready answers to "and how shall the next try differ?", for `nextTry` of `runPod`. Plain functions: write your own beside them. */
import { mainContainerName } from '../contract/defaults.ts';
import type { OutcomeKind, PodSpec, PodTemplate } from '../contract/index.ts';
import { quantity } from '../common/quantity.ts';
import type { NextTry } from './run-pod-options.ts';

/**
 * More memory after `OOMKilled`: request and limit of the main container, in the fields or the template, times `factor` (default
 * 1.5, to be written as a plain decimal), up to `upTo` (default: no bound). When the limit is there already, there are no more
 * tries. Without a limit in the spec (the worker's own template and a `templateFile` are not seen here), it stays as it is. An OOMKilled
 * pod is tried again only within `retries`.
 *
 *     runPod({ image: 'etl:3', resources: { limits: { memory: '1Gi' } }, retries: 3 }, { nextTry: moreMemory({ upTo: '8Gi' }) });
 *
 * @throws TypeError when `factor` or `upTo` cannot be read
 */
export function moreMemory({ factor = 1.5, upTo }: { factor?: number; upTo?: string } = {}): NextTry {
  if (!(factor > 1) || !/^\d+(\.\d+)?$/.test(String(factor)))
    throw new TypeError(`moreMemory: factor: must be a number above 1, got ${factor}`);
  const most = upTo === undefined ? undefined : bytesOf(upTo);
  if (upTo !== undefined && most === undefined)
    throw new TypeError(`moreMemory: upTo: is not a quantity (as "16Gi"), got ${JSON.stringify(upTo)}`);
  const smaller = (bytes: bigint, bound: bigint | undefined) => (bound !== undefined && bytes > bound ? bound : bytes);

  return (failure, spec) => {
    if (failure.kind !== 'OOMKilled' || failure.container !== undefined) return undefined;
    const limit = memoryOf(spec, 'limits');
    if (limit === undefined) return undefined;
    if (most !== undefined && limit >= most) return 'stop';
    const limits = smaller(times(limit, factor), most);
    const request = memoryOf(spec, 'requests');
    return {
      ...spec,
      resources: {
        ...spec.resources,
        limits: { ...spec.resources?.limits, memory: quantityOf(limits) },
        ...(request !== undefined && {
          requests: { ...spec.resources?.requests, memory: quantityOf(smaller(times(request, factor), limits)) },
        }),
      },
    };
  };
}

/** Endings that may be the node's fault. */
const NODES_FAULT: readonly string[] = [
  'PodRejected',
  'PodDisrupted',
  'PodDeleted',
  'NodeLost',
  'StartTimeout',
] satisfies OutcomeKind[];

/**
 * Not on a node where it failed: adds to the template's required node affinity, which is kept. An affinity of the worker's own
 * template or a `templateFile` is not seen here, and would be replaced: then write the affinity into the spec. The operator's policy must allow
 * choosing nodes by name (`nodeNames`).
 *
 *     runPod({ image: 'etl:3', retries: 2 }, { nextTry: anotherNode({ after: ['OOMKilled', 'NodeLost'] }) });
 *
 * @param options.after endings after which the node is avoided. Default: those that may be the node's fault (rejected,
 *   disrupted, deleted, lost, not started in time)
 */
export const anotherNode =
  ({ after = NODES_FAULT }: { after?: readonly string[] } = {}): NextTry =>
  (failure, spec) => {
    const { kind, node } = failure;
    return node === undefined || !after.includes(kind) ? undefined : avoiding(node, spec);
  };

/**
 * Several answers as one: each goes on with what the one before made of the spec; `'stop'` of any is the last word. When none of them
 * changes anything, the next try is the same again.
 *
 *     runPod({ image: 'etl:3', retries: 3 }, { nextTry: allOf(moreMemory(), anotherNode()) });
 */
export const allOf =
  (...answers: readonly NextTry[]): NextTry =>
  (failure, spec, next) => {
    let now: PodSpec | undefined;
    for (const answer of answers) {
      const changed = answer(failure, now ?? spec, next);
      if (changed === 'stop') return 'stop';
      now = changed ?? now;
    }
    return now;
  };

/** What the main container asks for; a field says more than the template. */
function memoryOf(spec: PodSpec, which: 'limits' | 'requests'): bigint | undefined {
  const name = mainContainerName(spec);
  const inTemplate = spec.template?.spec?.containers?.find((one) => one.name === name)?.resources?.[which]?.['memory'];
  const quantity: unknown = spec.resources?.[which]?.['memory'] ?? inTemplate;
  return typeof quantity === 'string' ? bytesOf(quantity) : undefined;
}

function avoiding(node: string, spec: PodSpec): PodSpec {
  const template: PodTemplate = spec.template ?? {};
  const affinity = template.spec?.affinity;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // By the node's name: its hostname label may be another. Kubernetes takes one value per requirement here.
  const notThere = { key: 'metadata.name', operator: 'NotIn', values: [node] };
  const terms = required?.nodeSelectorTerms ?? [];
  // Terms are alternatives, so each of them has to say it.
  const nodeSelectorTerms = (terms.length > 0 ? terms : [{}]).map((term) =>
    term.matchFields?.some((field) => field.operator === 'NotIn' && field.values?.[0] === node)
      ? term
      : { ...term, matchFields: [...(term.matchFields ?? []), notThere] },
  );
  const nodeAffinity = {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms },
  };
  return {
    ...spec,
    template: { ...template, spec: { ...template.spec, affinity: { ...affinity, nodeAffinity } } },
  };
}

// Quantities of bytes, exactly: a float would turn 1.1 × 1000 into 1101.

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['k', 'M', 'G', 'T', 'P', 'E'];
/** `quantity` counts in thousand-millionths. */
const FINEST = 1_000_000_000n;

/** Whole bytes, rounded up as Kubernetes does; undefined when it is no quantity. */
export function bytesOf(text: string): bigint | undefined {
  const finest = quantity(text);
  return finest === undefined ? undefined : ceil(finest, FINEST);
}

/** Times a factor, rounded up to whole bytes. */
export function times(bytes: bigint, factor: number): bigint {
  const [numerator, denominator] = fraction(String(factor));
  return ceil(bytes * numerator, denominator);
}

/** In the largest unit that tells it exactly: `768Mi`, `2G`, `1000001`. */
export function quantityOf(bytes: bigint): string {
  const [size, unit] = largest(bytes, BINARY, 1024n) ?? largest(bytes, DECIMAL, 1000n) ?? [bytes, ''];
  return `${size}${unit}`;
}

function largest(bytes: bigint, units: readonly string[], step: bigint): [size: bigint, unit: string] | undefined {
  for (let at = units.length; at > 0; at--) {
    const size = step ** BigInt(at);
    if (bytes >= size && bytes % size === 0n) return [bytes / size, units[at - 1]!];
  }
  return undefined;
}

function fraction(decimal: string): [numerator: bigint, denominator: bigint] {
  const [whole = '', part = ''] = decimal.split('.');
  return [BigInt(`${whole}${part}` || '0'), 10n ** BigInt(part.length)];
}

const ceil = (numerator: bigint, denominator: bigint) => (numerator + denominator - 1n) / denominator;
