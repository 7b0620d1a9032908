import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { Watch } from '../../../src/client/run/watch.ts';
import type { Temporal } from '../../../src/client/temporal/connection.ts';
import { createOutput } from '../../../src/client/terminal/output.ts';

/** A Temporal that answers nothing. A call ends when the signal fires that it was made with, as gRPC's does. */
function silentTemporal() {
  const signals = new AsyncLocalStorage<AbortSignal>();
  const asked: string[] = [];
  const never = (what: string) => () => {
    asked.push(what);
    return new Promise<never>((_, reject) =>
      signals.getStore()?.addEventListener('abort', () => reject(new Error('aborted'))),
    );
  };
  const workflowService = {
    getWorkflowExecutionHistory: never('history'),
    describeTaskQueue: never('task queue'),
  };
  const temporal = {
    client: { workflowService, workflow: { getHandle: () => ({ describe: never('run') }) } },
    connection: { withAbortSignal: (signal: AbortSignal, call: () => unknown) => signals.run(signal, call) },
    config: { namespace: 'n', taskQueue: 'q', logRoot: '/nowhere', connection: { address: 'there' } },
  };
  return { asked, temporal: temporal as unknown as Temporal };
}

suite('staying with a run', () => {
  test('who leaves waits for no answer, also not whether a worker is there', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { asked, temporal } = silentTemporal();
    const left = new AbortController();
    const watch = new Watch(
      temporal,
      { workflowId: 'w', runId: 'r', handle: temporal.client.workflow.getHandle('w', 'r') },
      createOutput('text'),
    );
    const closed = watch.untilClosed(left.signal);
    while (!asked.includes('task queue')) {
      await setImmediate();
      t.mock.timers.tick(5_000);
    }
    left.abort();
    assert.equal(await closed, undefined);
  });
});
