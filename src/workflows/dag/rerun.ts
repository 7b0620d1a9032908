/** A rerun: a new run of the same workflow, which takes over what an earlier one did already. */
import { workflowInfo } from '@temporalio/workflow';
import { type EarlierRef, RERUN_MEMO } from '../../contract/index.ts';

/** The run that this one is a rerun of. */
export function rerunOf(): EarlierRef | undefined {
  const ref = workflowInfo().memo?.[RERUN_MEMO] as Partial<EarlierRef> | null | undefined;
  return ref?.workflowId && ref.runId ? (ref as EarlierRef) : undefined;
}

/** The memo with which a chunk of a map is started, so that its pods are compared with those of the same chunk then. */
export function memoOfChunk(earlier: EarlierRef, task: string, number: number) {
  const { workflowId, runId, chunk } = earlier;
  const below = `${chunk === undefined ? '' : `${chunk}/`}${task}/${number}`;
  return { [RERUN_MEMO]: { workflowId, runId, chunk: below } satisfies EarlierRef };
}
