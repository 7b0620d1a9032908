/**
 * The search attribute by which runs are found whose pods failed: `PodFailure = 'OOMKilled' AND StartTime > '…'`. An operator
 * registers it once; a workflow that sets one the namespace does not have would be stuck. A workflow cannot ask, so whoever runs
 * the pod tells it with the failure: that is in the history, and a replay does the same again.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory, NativeConnection } from '@temporalio/worker';
import type { PodFailureDetails } from './types.ts';

const POD_FAILURE = 'PodFailure';
/** `INDEXED_VALUE_TYPE_KEYWORD_LIST` of the API. */
const KEYWORD_LIST = 7;

/** Whether the namespace has it, as a list of keywords. Who may not ask gets a no. */
export async function hasPodFailure(connection: NativeConnection, namespace: string): Promise<boolean> {
  const { customAttributes } = await connection.operatorService
    .listSearchAttributes({ namespace })
    .catch(() => ({ customAttributes: undefined }));
  return Number(customAttributes?.[POD_FAILURE]) === KEYWORD_LIST;
}

/** Marks the failures of pods as ones that the workflow may make searchable. */
export const markSearchable: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        const details =
          error instanceof ApplicationFailure ? (error.details?.[0] as PodFailureDetails | undefined) : undefined;
        if (typeof details?.kind === 'string') details.searchable = true;
        throw error;
      }
    },
  },
});
