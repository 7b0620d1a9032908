/** What `runPod` does about the pod of an activity that has ended, in whichever way: on a real Temporal, with stub activities. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, type RetryState } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { isCancellation } from '@temporalio/workflow';
import type { DeletePodInput, PodResult, PodSpec, RunPodInput } from '../../src/types.ts';
import { temporal, type Temporal } from '../support/temporal.ts';

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
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});
after(() => server.close());

interface Seen {
  /** Inputs of the cleanups, in their order. */
  cleanups: DeletePodInput[];
  tries: number[];
  result?: PodResult;
  error?: WorkflowFailedError & { retryState: RetryState };
}

interface Scene {
  runPod: (input: RunPodInput) => Promise<PodResult>;
  deletePod?: (input: DeletePodInput) => Promise<{ gone: boolean }>;
  spec?: Partial<PodSpec>;
  /** Cancels the run when this resolves. */
  cancelWhen?: Promise<unknown>;
}

/** Runs the workflow `pod` with these activities, and tells what was asked of them. */
async function play({ runPod, deletePod = async () => ({ gone: true }), spec = {}, cancelWhen }: Scene): Promise<Seen> {
  const { client, nativeConnection: connection, namespace } = server;
  const taskQueue = `run-pod-${randomUUID()}`;
  const seen: Seen = { cleanups: [], tries: [] };
  const options = { connection, namespace, maxHeartbeatThrottleInterval: '100ms' } as const;
  const pods = await Worker.create({
    ...options,
    taskQueue,
    workflowBundle,
    activities: {
      runPod: (input: RunPodInput) => {
        seen.tries.push(input.try);
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
        return deletePod(input);
      },
    },
  });
  await cleanups.runUntil(
    pods.runUntil(async () => {
      const args = [{ image: 'x', ...spec }];
      const run = await client.workflow.start('pod', { taskQueue, workflowId: taskQueue, args });
      await cancelWhen?.then(() => run.cancel());
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

const reported = (cleanup: { gone: boolean }) => async (): Promise<never> => {
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
