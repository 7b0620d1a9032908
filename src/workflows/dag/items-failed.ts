/** The failure of a mapping: which items have no result, and why. Pure. */
import { ApplicationFailure } from '@temporalio/workflow';
import { shortLine, rootFailure } from './errors.ts';

/** One item, or, when it is the chunk that failed, all items from `item` to `last`. */
export interface FailedItem {
  readonly item: number;
  readonly last?: number;
  readonly type: string;
  /** At most 1,000 characters. */
  readonly message: string;
  /** Of the child workflow it was in. */
  readonly workflowId?: string;
}

/** `details[0]` of a failure of the type `DagItemsFailed`. */
export interface ItemsFailed {
  readonly failed: number;
  readonly of: number;
  /** The first 50. */
  readonly items: readonly FailedItem[];
}

const MAX_ITEMS = 50;
const MAX_LINES = 20;
const TYPE = 'DagItemsFailed';

export function failedItem(item: number, error: unknown, more: Pick<FailedItem, 'last' | 'workflowId'> = {}) {
  const { type, message } = rootFailure(error);
  return { item, ...more, type, message: message.slice(0, 1000) };
}

export function itemsFailed(name: string, failures: ItemsFailed, cause: unknown): ApplicationFailure {
  const { failed, of, items } = failures;
  const shown = items.slice(0, MAX_LINES);
  const covered = shown.reduce((sum, { item, last = item }) => sum + last - item + 1, 0);
  const nameOf = ({ item, last }: FailedItem) => `${name}-${item}${last === undefined ? '' : ` to ${name}-${last}`}`;
  const names = [...shown.map(nameOf), ...(failed > covered ? ['…'] : [])];
  const lines = shown.map((one) => `${nameOf(one)}: ${shortLine(one.message)}`);
  return ApplicationFailure.create({
    type: TYPE,
    nonRetryable: true,
    message: [`${failed} of ${of} items failed: ${names.join(', ')}`, ...lines].join('\n'),
    details: [{ failed, of, items: items.slice(0, MAX_ITEMS) }],
    ...(cause instanceof Error && { cause }),
  });
}

/** What the failure of a chunk tells, when it was one that `mapChunk` made. */
export function whichFailed(error: unknown): ItemsFailed | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof ApplicationFailure && at.type === TYPE) return at.details?.[0] as ItemsFailed;
  return undefined;
}
