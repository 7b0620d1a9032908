/** What `runPod` does about the pod of an activity that has ended, in whichever way: on a real Temporal, with stub activities. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type RetryState } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { isCancellation } from '@temporalio/workflow';
import { rootFailure } from '../../src/client/history/failure.ts';
import type {
  Cleanup,
  DeletePodInput,
  PodFailureDetails,
  PodResult,
  PodSpec,
  RunPodInput,
} from '../../src/contract/index.ts';
import { endDebug } from '../../src/workflows/keep-for-debug.ts';
import { temporal, type Temporal } from '../support/temporal.ts';
import { pausePods } from '../../src/workflows/dag/index.ts';
import { statesOf } from './support/asking.ts';

const POD = { namespace: 'n', name: 'main-1', uid: 'u-1' };
const RESULT: PodResult = {
  outcome: 'Succeeded' as const,
  exitCode: 0,
  output: 'fine',
  pod: POD,
  times: {},
  logs: { uri: '', lines: 0, bytes: 0, gaps: 0, tail: '' },
  cleanup: { gone: true },
};
const failed = (kind: string, more = {}) =>
  ApplicationFailure.create({
    type: kind,
    nonRetryable: true,
    details: [{ kind, startedEver: true, pod: POD, cleanup: { gone: true }, ...more }],
  });

let server: Temporal;
let workflowBundle: WorkflowBundle;
before(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  server = await temporal();
  const workflowsPath = fileURLToPath(new URL('support/try-workflows.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});
after(() => server.close());

interface Seen {
  /** Inputs of the cleanups, in their order. */
  cleanups: DeletePodInput[];
  tries: number[];
  /** The tasks whose pods ran, in their order; `-task` for a cleanup. */
  order: string[];
  specs: PodSpec[];
  result?: PodResult;
  error?: (WorkflowFailedError & { retryState: RetryState }) | undefined;
}

interface Scene {
  runPod: (input: RunPodInput) => Promise<PodResult>;
  deletePod?: (input: DeletePodInput) => Promise<Cleanup>;
  spec?: Partial<PodSpec>;
  /** Cancels the run when this resolves. */
  cancelWhen?: Promise<unknown>;
  /** Default `pod`. */
  workflow?: string;
  /** What somebody does while it runs. */
  meanwhile?: (run: WorkflowHandle) => Promise<void>;
}

/** Runs the workflow `pod` with these activities, and tells what was asked of them. */
async function play({
  runPod,
  deletePod = async () => ({ gone: true }),
  spec = {},
  cancelWhen,
  workflow = 'pod',
  meanwhile,
}: Scene): Promise<Seen> {
  const { client, nativeConnection: connection, namespace } = server;
  const taskQueue = `run-pod-${randomUUID()}`;
  const seen: Seen = { cleanups: [], tries: [], order: [], specs: [] };
  const options = { connection, namespace, maxHeartbeatThrottleInterval: '100ms' } as const;
  const pods = await Worker.create({
    ...options,
    taskQueue,
    workflowBundle,
    activities: {
      runPod: (input: RunPodInput) => {
        seen.tries.push(input.try);
        seen.order.push(input.task);
        seen.specs.push(input.spec);
        return runPod(input);
      },
    },
  });
  const cleanups = await Worker.create({
    ...options,
    taskQueue: `${taskQueue}-cleanup`,
    activities: {
      deletePod: (input: DeletePodInput) => {
        seen.cleanups.push(input);
        seen.order.push(`-${input.task}`);
        return deletePod(input);
      },
    },
  });
  await cleanups.runUntil(
    pods.runUntil(async () => {
      const args = [{ image: 'x', ...spec }];
      const options = { taskQueue, workflowId: taskQueue, args, workflowExecutionTimeout: '1m' } as const;
      const run = await client.workflow.start(workflow, options);
      await cancelWhen?.then(() => run.cancel());
      await meanwhile?.(run);
      await run.result().then(
        (result: PodResult) => (seen.result = result),
        (error: Seen['error']) => (seen.error = error),
      );
    }),
  );
  return seen;
}

const modes = ({ cleanups }: Seen) => cleanups.map(({ mode, uid }) => (uid ? `${mode} ${uid}` : mode));

/** An activity that runs until it is cancelled, and then ends like this. */
function untilCancelled(end: () => Promise<never>) {
  const begun = Promise.withResolvers<void>();
  return {
    cancelWhen: begun.promise,
    async runPod(): Promise<PodResult> {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 50);
      context.heartbeat();
      begun.resolve();
      try {
        await context.cancelled.catch(() => undefined);
        return await end();
      } finally {
        clearInterval(beat);
      }
    },
  };
}

const reported = (cleanup: Cleanup) => async (): Promise<never> => {
  const { client, info } = Context.current();
  await client.activity.reportCancellation(info.taskToken, { pod: POD, cleanup });
  throw new CompleteAsyncError();
};

function assertCancelled({ error }: Seen): void {
  assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error?.cause));
}

suite('runPod: whatever becomes of the activity, the pod goes', { concurrency: 2 }, () => {
  test('an activity that saw its pod go leaves nothing to do', async () => {
    const seen = await play({ runPod: async () => RESULT });
    assert.equal(seen.result?.output, 'fine');
    assert.deepEqual(modes(seen), []);
  });

  test('a success whose pod was not seen to go is a success, and the pod is cleaned up', async () => {
    const seen = await play({ runPod: async () => ({ ...RESULT, cleanup: { gone: false, error: 'stuck' } }) });
    assert.deepEqual(seen.result?.cleanup, { gone: true });
    assert.deepEqual(modes(seen), ['confirm u-1']);
  });

  test('a failure whose pod was not seen to go keeps its type, and the pod is cleaned up', async () => {
    const seen = await play({
      runPod: async () => Promise.reject(failed('ContainerFailed', { cleanup: { gone: false } })),
    });
    assert.match(String(seen.error?.cause), /main/);
    assert.deepEqual(modes(seen), ['confirm u-1']);
  });

  test('a failure that says nothing of a pod is cleaned up after all the same', async () => {
    const seen = await play({ runPod: async () => Promise.reject(ApplicationFailure.nonRetryable('who knows')) });
    assert.deepEqual(modes(seen), ['confirm']);
  });

  test('a cancel hurries the deletion, and ends when the activity has seen the pod go', async () => {
    const seen = await play(untilCancelled(reported({ gone: true })));
    assertCancelled(seen);
    assert.deepEqual(modes(seen), ['hurry']);
  });

  test('a cancel whose activity did not see the pod go is confirmed after the activity has closed', async () => {
    const seen = await play(untilCancelled(reported({ gone: false })));
    assertCancelled(seen);
    assert.deepEqual(modes(seen), ['hurry', 'confirm u-1']);
  });

  test('an infrastructure error after a cancel is a cancellation, never a failure', async () => {
    const seen = await play(
      untilCancelled(async () =>
        Promise.reject(ApplicationFailure.retryable('the API server is away', 'ApiTransient')),
      ),
    );
    assertCancelled(seen);
    assert.deepEqual(modes(seen), ['hurry', 'confirm']);
  });

  test('a cancelled pod is not tried again', async () => {
    const seen = await play({
      ...untilCancelled(async () => Promise.reject(failed('ContainerFailed'))),
      spec: { retries: 5 },
    });
    assertCancelled(seen);
    assert.deepEqual(seen.tries, [1]);
  });

  test('there is no new try before the old pod is gone', async () => {
    const seen = await play({
      runPod: async () => Promise.reject(failed('ContainerFailed', { cleanup: { gone: false } })),
      deletePod: async () => Promise.reject(ApplicationFailure.nonRetryable('no permission')),
      spec: { retries: 5 },
    });
    assert.deepEqual(seen.tries, [1]);
    assert.deepEqual(modes(seen), ['confirm u-1']);
  });

  test('a new try is a new activity, so a new pod', async () => {
    const ids: string[] = [];
    const seen = await play({
      runPod: async () => {
        ids.push(Context.current().info.activityId);
        return ids.length === 1 ? Promise.reject(failed('ContainerFailed')) : RESULT;
      },
      spec: { retries: 1 },
    });
    assert.equal(seen.result?.output, 'fine');
    assert.deepEqual(ids, ['main-1', 'main-2']);
    assert.deepEqual(seen.tries, [1, 2]);
  });
});

const KEPT: Cleanup = { gone: false, kept: '2030-01-01T00:00:00.000Z' };

suite('a pod that is kept', { concurrency: 2 }, () => {
  test('after a success is left to the sweeper', async () => {
    const seen = await play({ runPod: async () => ({ ...RESULT, cleanup: KEPT }) });
    assert.deepEqual(seen.result?.cleanup, KEPT);
    assert.deepEqual(modes(seen), []);
  });

  test('after a failure is over, so there may be another try', async () => {
    const seen = await play({
      runPod: async ({ try: now }) =>
        now === 1 ? Promise.reject(failed('ContainerFailed', { cleanup: KEPT })) : RESULT,
      spec: { retries: { count: 1, delay: 1 } },
    });
    assert.equal(seen.result?.output, 'fine');
    assert.deepEqual(modes(seen), []);
  });

  test('at a cancel: nobody hurries to delete it, and the report of the attempt is believed', async () => {
    const seen = await play({ ...untilCancelled(reported(KEPT)), spec: { onCancel: 'keep' } });
    assertCancelled(seen);
    assert.deepEqual(modes(seen), []);
  });

  test('at a cancel that no attempt reported: the workflow’s own cleanup keeps it, for keepFor', async () => {
    const before = Date.now();
    const seen = await play({
      ...untilCancelled(async () => Promise.reject(ApplicationFailure.retryable('the API server is away'))),
      deletePod: async ({ keepUntil }) => ({ gone: false, kept: keepUntil ?? '' }),
      spec: { onCancel: 'keep', keepFor: '2h' },
    });
    assertCancelled(seen);
    assert.deepEqual(modes(seen), ['keep']);
    const kept = Date.parse(seen.cleanups[0]?.keepUntil ?? '') - before;
    assert.ok(kept >= 7_200_000 && kept < 7_260_000, String(kept));
  });

  test('a keepFor that nobody can read does not keep a cancelled run from its end', async () => {
    const seen = await play({
      ...untilCancelled(async () => Promise.reject(ApplicationFailure.retryable('the API server is away'))),
      spec: { onCancel: 'keep', keepFor: 'bananas' },
    });
    assertCancelled(seen);
  });
});

suite('a failed pod that is kept for debugging', { concurrency: 2 }, () => {
  const fails = async () => Promise.reject(failed('ContainerFailed', { cleanup: KEPT }));
  const isKept = async (run: WorkflowHandle) => {
    while (!/kept for debugging until/.test((await detailsOf(run)) ?? ''))
      await new Promise((resolve) => setTimeout(resolve, 50));
  };

  test('is there until the signal, which the table says, and is deleted before the failure takes its course', async () => {
    const seen = await play({
      runPod: fails,
      spec: { keepForDebug: '1h' },
      meanwhile: async (run) => {
        await isKept(run);
        await run.signal(endDebug, 'main');
      },
    });
    assert.match(String(seen.error?.cause), /main/);
    assert.deepEqual(modes(seen), ['confirm u-1']);
    const [details] = rootFailure(seen.error?.cause).details as PodFailureDetails[];
    assert.deepEqual(details?.cleanup, { gone: true });
  });

  test('is there until its time is over, and then there may be another try', async () => {
    const seen = await play({
      runPod: async ({ try: now }) => (now === 1 ? fails() : RESULT),
      spec: { keepForDebug: '100ms', retries: { count: 1, delay: 1 } },
    });
    assert.equal(seen.result?.output, 'fine');
    assert.deepEqual(seen.tries, [1, 2]);
    assert.deepEqual(modes(seen), ['confirm u-1']);
  });

  test('there is no new try while it cannot be seen to go', async () => {
    const seen = await play({
      runPod: fails,
      deletePod: async () => Promise.reject(ApplicationFailure.nonRetryable('no permission')),
      spec: { keepForDebug: '100ms', retries: 5 },
    });
    assert.deepEqual(seen.tries, [1]);
  });

  test('is deleted by a cancel, and the run is cancelled', async () => {
    const seen = await play({
      runPod: fails,
      spec: { keepForDebug: '1h' },
      meanwhile: async (run) => {
        await isKept(run);
        await run.cancel();
      },
    });
    assertCancelled(seen);
    assert.deepEqual(modes(seen), ['confirm u-1']);
  });

  test('is not waited for when it is gone', async () => {
    const seen = await play({
      runPod: async () => Promise.reject(failed('ContainerFailed')),
      spec: { keepForDebug: '1h' },
    });
    assert.match(String(seen.error?.cause), /main/);
    assert.deepEqual(modes(seen), []);
  });

  test('is let go by a signal for its task, or for all; one for another task is not kept for later', async () => {
    const deleted: string[] = [];
    const seen = await play({
      workflow: 'twoTasks',
      runPod: fails,
      deletePod: async ({ task }) => {
        deleted.push(task);
        return { gone: true };
      },
      spec: { keepForDebug: '1h' },
      meanwhile: async (run) => {
        await run.signal(endDebug, 'nobody');
        const bothKept = async () => ((await detailsOf(run))?.match(/kept for debugging until/g)?.length ?? 0) === 2;
        while (!(await bothKept())) await new Promise((resolve) => setTimeout(resolve, 50));
        await run.signal(endDebug, 'right');
        while (deleted.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
        await run.signal(endDebug);
      },
    });
    assert.equal(seen.error, undefined);
    assert.deepEqual(deleted, ['right', 'left']);
  });
});

suite('between the tries', { concurrency: 2 }, () => {
  test('the author’s function is told what happened, and each change is the ground of the next', async () => {
    const seen = await play({
      workflow: 'telling',
      runPod: async ({ try: now, spec }) =>
        now < 3
          ? Promise.reject(
              failed(spec.args ? 'ContainerFailed' : 'PodRejected', { startedEver: spec.args !== undefined }),
            )
          : RESULT,
      spec: { retries: { count: 2, delay: 1 } },
    });
    assert.deepEqual(seen.tries, [1, 1, 2, 3]);
    assert.deepEqual(seen.specs.at(-1)?.args, [
      'PodRejected 1 2 true',
      'ContainerFailed 2 3 false',
      'ContainerFailed 3 4 false',
    ]);
  });

  test('it may say that it is enough', async () => {
    const seen = await play({
      workflow: 'stopping',
      runPod: async () => Promise.reject(failed('ContainerFailed')),
      spec: { retries: 5 },
    });
    assert.deepEqual(seen.tries, [1]);
    assert.match(String(seen.error?.cause), /main/);
  });

  test('idempotent work that the cluster took away goes on in a new pod, which costs no try', async () => {
    let pods = 0;
    const seen = await play({
      runPod: async () => (++pods === 1 ? Promise.reject(failed('PodDisrupted')) : RESULT),
      spec: { idempotent: true },
    });
    assert.equal(seen.result?.output, 'fine');
    assert.deepEqual(seen.tries, [1, 1]);
  });
});

suite('a slot of maxParallel', { concurrency: 2 }, () => {
  const once = (fail: () => Promise<never>) => {
    let pods = 0;
    return async ({ task }: RunPodInput) => (task === 'fails' && ++pods === 1 ? fail() : RESULT);
  };

  test('is not taken while a task waits for its next try', async () => {
    const seen = await play({
      workflow: 'oneSlot',
      runPod: once(async () => Promise.reject(failed('ContainerFailed'))),
      spec: { retries: { count: 1, delay: '2s' } },
    });
    assert.equal(seen.error, undefined);
    assert.deepEqual(seen.order, ['fails', 'other', 'fails']);
  });

  test('is not taken by a failed pod that is kept for debugging', async () => {
    const seen = await play({
      workflow: 'oneSlot',
      runPod: once(async () => Promise.reject(failed('ContainerFailed', { cleanup: KEPT }))),
      spec: { keepForDebug: '2s' },
    });
    assert.deepEqual(seen.order, ['fails', 'other', '-fails']);
  });

  test('is waited for again by the next try: never two pods at once', async () => {
    let running = 0;
    let most = 0;
    const first = once(async () => Promise.reject(failed('ContainerFailed')));
    const seen = await play({
      workflow: 'oneSlot',
      runPod: async (input) => {
        most = Math.max(most, ++running);
        // The other one's pod runs on when the time of the next try has come.
        if (input.task === 'other') await Context.current().sleep(500);
        return first(input).finally(() => running--);
      },
      spec: { retries: { count: 1, delay: 1 } },
    });
    assert.deepEqual([seen.order, most], [['fails', 'other', 'fails'], 1]);
  });

  test('or not: a run waits for the next try of a task that does not wait for it itself', async () => {
    const seen = await play({
      workflow: 'leftAlone',
      runPod: async ({ try: now }) => (now === 1 ? Promise.reject(failed('ContainerFailed')) : RESULT),
      spec: { retries: { count: 1, delay: '1s' } },
    });
    assert.deepEqual([seen.error, seen.tries], [undefined, [1, 2]]);
  });
});

suite('a DAG that stops', { concurrency: 2 }, () => {
  /** `tries` has failed, and waits for its next try; then `fatal` fails. */
  const stopped = async (spec: Partial<PodSpec>, whileBothRun: (run: WorkflowHandle) => Promise<unknown>) => {
    const [both, tries, fatal] = [0, 1, 2].map(() => Promise.withResolvers<void>());
    let begun = 0;
    return play({
      workflow: 'stops',
      runPod: async ({ task }) => {
        if (++begun === 2) both!.resolve();
        await (task === 'fatal' ? fatal : tries)!.promise;
        return Promise.reject(failed('ContainerFailed', { message: task }));
      },
      spec,
      meanwhile: async (run) => {
        await both!.promise;
        await whileBothRun(run);
        tries!.resolve();
        await reaches(run, /^tries:(waiting|queued|running) fatal:running$/, 'tries-1');
        fatal!.resolve();
      },
    });
  };

  test('fails at once, though new pods are paused, and a task has another try', async () => {
    const seen = await stopped({ retries: { count: 1, delay: 1 } }, (run) => run.executeUpdate(pausePods));
    assert.match(String(seen.error?.cause), /2 of 2 tasks failed: tries, fatal/);
    assert.deepEqual(seen.order.sort(), ['fatal', 'tries']);
  });

  test('does not wait for the time of the next try', async () => {
    const seen = await stopped({ retries: { count: 1, delay: '1h', maxDelay: '1h' } }, async () => undefined);
    assert.match(String(seen.error?.cause), /2 of 2 tasks failed: tries, fatal/);
    assert.deepEqual(seen.order.sort(), ['fatal', 'tries']);
  });
});

/** Waits until the tasks are in these states, and the activity has ended. */
async function reaches(run: WorkflowHandle, states: RegExp, activityId: string): Promise<void> {
  for (;;) {
    const { events = [] } = await run.fetchHistory();
    const scheduled = events?.find((event) => event.activityTaskScheduledEventAttributes?.activityId === activityId);
    const isOver = events?.some((event) =>
      scheduled?.eventId?.equals(event.activityTaskFailedEventAttributes?.scheduledEventId ?? -1),
    );
    if (isOver && states.test(await statesOf(run))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The table that the Web UI shows of the run. */
async function detailsOf(run: WorkflowHandle): Promise<string | undefined> {
  return run.query<string>('__temporal_workflow_metadata').then(
    (metadata) => (metadata as unknown as { currentDetails?: string }).currentDetails,
    () => undefined,
  );
}
