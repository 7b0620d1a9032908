/**
 * The search attribute by which runs are found whose pods failed: `PodFailure = 'OOMKilled' AND StartTime > '…'`. An operator
 * registers it once; a workflow that sets one the namespace does not have would be stuck. A workflow cannot ask, so the worker
 * that ran the pod tells it with the failure: that is in the history, and a replay does the same again.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Connection } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { POD_FAILURE, type PodFailureDetails } from '../contract/index.ts';

/** Of a worker or of a client. */
type ConnectionLike = Pick<Connection, 'operatorService'>;

/** `INDEXED_VALUE_TYPE_KEYWORD_LIST` of the API. */
const KEYWORD_LIST = 7;

/** Whether the namespace has it, as a list of keywords. Who may not ask gets a no. */
export const hasPodFailure = async (connection: ConnectionLike, namespace: string): Promise<boolean> =>
  (await podFailureType(connection, namespace)) === 'keyword list';

export async function podFailureType(
  connection: ConnectionLike,
  namespace: string,
): Promise<'keyword list' | 'another' | 'absent' | 'unknown'> {
  const answer = await connection.operatorService.listSearchAttributes({ namespace }).catch(() => undefined);
  if (!answer) return 'unknown';
  const type = answer.customAttributes?.[POD_FAILURE];
  if (type === undefined || type === null) return 'absent';
  return Number(type) === KEYWORD_LIST ? 'keyword list' : 'another';
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
