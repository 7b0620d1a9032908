/** The plugin and what an author's worker and bundle say themselves: both hold, or it is refused. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { BundleOptions, NativeConnection, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { Problem } from '../../src/common/problem.ts';
import type { TemporalPodsOptions } from '../../src/config/index.ts';
import { temporalPods } from '../../src/worker/library.ts';

const pods = (more: Partial<TemporalPodsOptions> = {}) =>
  temporalPods({ context: 'no-such', kubeconfig: '/no/such/kubeconfig', logDir: '/proc/nosuch', ...more });

suite('the worker of an author with the plugin', () => {
  /** Nothing may be asked of it. */
  const connection = {} as NativeConnection;
  const refusal = async (
    { ...options }: { [name in keyof WorkerOptions]?: WorkerOptions[name] | undefined },
    plugin: WorkerPlugin = pods(),
  ) => {
    try {
      await plugin.configureWorker?.({ taskQueue: 'etl', connection, ...options } as WorkerOptions);
    } catch (error) {
      assert.ok(error instanceof Problem, String(error));
      assert.equal(error.exitCode, 2);
      return error.message;
    }
    throw new Error('nothing was refused');
  };

  test('must say where Temporal is', async () => {
    assert.match(await refusal({ connection: undefined }), /the worker has no connection/);
  });

  test('may not have an activity runPod of its own', async () => {
    assert.match(await refusal({ activities: { runPod: () => undefined } }), /activities\.runPod: is the plugin's own/);
  });

  test('may not say the number of its slots twice', async () => {
    const both = await refusal({ maxConcurrentActivityTaskExecutions: 9 }, pods({ maxPods: 5 }));
    assert.match(both, /maxPods=5: .*maxConcurrentActivityTaskExecutions=9/);
    // Alone it is no fault; so the next one is found.
    for (const options of [{ maxConcurrentActivityTaskExecutions: 9 }, {}])
      assert.match(await refusal(options), /logDir=\/proc\/nosuch: logs cannot be stored there/);
    assert.match(await refusal({}, pods({ maxPods: 5 })), /logDir=/);
  });

  test('may not have a bundle that was made without it', async () => {
    assert.match(await refusal({ workflowBundle: { code: 'none of ours' } }), /workflowBundle: was made without/);
  });
});

suite('the bundle of an author with the plugin', () => {
  const bundle = (options: Partial<BundleOptions>, more?: Partial<TemporalPodsOptions>) =>
    pods(more).configureBundler?.({ workflowsPath: '/dags/index.js', ...options }) as BundleOptions;

  test('keeps the modules of interceptors that are there, and has one more when a heartbeat timeout was chosen', () => {
    const workflowInterceptorModules = ['/theirs.js'];
    assert.deepEqual(bundle({ workflowInterceptorModules }).workflowInterceptorModules, workflowInterceptorModules);
    const [theirs, ours = ''] =
      bundle({ workflowInterceptorModules }, { heartbeatTimeout: '1m' }).workflowInterceptorModules ?? [];
    assert.equal(theirs, '/theirs.js');
    assert.match(ours, /heartbeat-timeout\.ts\?60000$/);
  });

  test('keeps what the author’s own hook makes of webpack’s configuration', () => {
    const { webpackConfigHook } = bundle({
      webpackConfigHook: (config) => ({ ...config, name: 'theirs', resolve: { alias: { 'a-name': '/a.js' } } }),
    });
    const { name, resolve } = webpackConfigHook?.({}) ?? {};
    assert.equal(name, 'theirs');
    assert.deepEqual(Object.values(resolve?.alias ?? {}), ['/a.js', '/dags/index.js']);
  });

  test('is not changed twice', () => {
    const once = bundle({}, { heartbeatTimeout: '1m' });
    assert.deepEqual(pods({ heartbeatTimeout: '1m' }).configureBundler?.(once), once);
  });
});
