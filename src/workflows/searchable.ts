/** Runs whose pods failed can be found by the kinds of their failures: the search attribute `PodFailure`, see search-attributes.ts. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import { POD_FAILURE, type PodFailureDetails } from '../contract/index.ts';

/** The SDK loads workflow code anew for each workflow, so this belongs to one run. */
const kinds = new Set<string>();

/** Each kind is set once: it counts that it happened, also when a further try went well. */
export function makeSearchable(failure: PodFailureDetails | undefined): void {
  if (!failure?.searchable || kinds.has(failure.kind)) return;
  kinds.add(failure.kind);
  upsertSearchAttributes([{ key: { name: POD_FAILURE, type: 'KEYWORD_LIST' }, value: [...kinds] }]);
}
