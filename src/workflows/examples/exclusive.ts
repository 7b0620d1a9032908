import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, executeChild, sleep, type Workflow, type WorkflowResultType } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import type { Duration } from '../../contract/index.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';
import { TOGETHER } from './as-child.ts';

/**
 * Runs a workflow while no other run has the same place. A place is a workflowId: Temporal has at most one open workflow with
 * it, so the workflow *is* the lock. It is free again when that has closed, so when its pods are gone.
 *
 * @param places one for a mutex, several for a pool
 * @param patience how long to wait for a free place. Default 1 day
 * @throws ApplicationFailure `NoPlace` when the time is over
 */
export async function exclusively<W extends Workflow>(
  places: readonly string[],
  workflow: W,
  args: Parameters<W>,
  patience: Duration = '1d',
): Promise<WorkflowResultType<W>> {
  const until = Date.now() + milliseconds(patience);
  for (let wait = 1_000; ; wait = Math.min(2 * wait, 300_000)) {
    for (const workflowId of shuffled(places)) {
      try {
        return (await executeChild(workflow as Workflow, { workflowId, ...TOGETHER, args })) as WorkflowResultType<W>;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    }
    if (Date.now() >= until) throw ApplicationFailure.nonRetryable(`${places.join()}: no place is free`, 'NoPlace');
    await sleep(Math.min(wait, until - Date.now()), { summary: `waits for ${places[0]}` });
  }
}

/** Not everybody shall begin at the first. Random numbers are the same again when a workflow is replayed. */
const shuffled = (places: readonly string[]) => {
  const first = Math.floor(Math.random() * places.length);
  return [...places.slice(first), ...places.slice(0, first)];
};

/** A mutex across runs (`max_active_tis_per_dag=1`): one run at a time loads into the warehouse. */
export async function mutex({ image = 'busybox:1.37', warehouse = 'sales', patience = '1d' } = {}) {
  return dag(async (task) => {
    const extract = task('extract', () => runPod({ image, command: ['sh', '-c', 'echo extracting'] }));
    const load = task('load', async () => {
      await extract;
      return exclusively([`mutex/warehouse-${warehouse}`], loadWarehouse, [{ image }], patience);
    });
    return await load;
  });
}

/** What may be done by one run at a time: as many tasks as it takes. */
export async function loadWarehouse({ image }: { image: string }): Promise<string> {
  return dag(async (task) => {
    await task('load', () => runPod({ image, command: ['sh', '-c', 'echo loading; sleep 2; echo loaded'] }));
    return 'loaded';
  });
}

/** A pool across runs: at most `size` trainings at once, whoever starts them. */
export async function pool({ image = 'busybox:1.37', gpus = 'gpus', size = 2, models = 3 } = {}): Promise<number> {
  const places = Array.from({ length: size }, (_, at) => `pool/${gpus}/${at}`);
  return dag(async (task) => {
    const trained = Array.from({ length: models }, (_, at) =>
      task(`train-${at}`, () => exclusively(places, train, [{ image, model: at }])),
    );
    return (await Promise.all(trained)).length;
  });
}

export async function train({ image, model }: { image: string; model: number }): Promise<void> {
  await dag(async (task) =>
    task('train', () => runPod({ image, command: ['sh', '-c', 'echo training'], env: { MODEL: String(model) } })),
  );
}
