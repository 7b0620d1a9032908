/** The plugin in a worker as an author makes it, with another plugin beside it: real pods, the local stack's Temporal. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { DataConverter, Payload } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type BundlerPlugin,
  type WorkerPlugin,
} from '@temporalio/worker';
import type { SweepReport } from '../../src/contract/index.ts';
import { temporalPods, type TemporalPodsOptions } from '../../src/worker/library.ts';
import { sweeperId } from '../../src/worker/sweeper.ts';
import { readStack } from '../../local/stack.ts';
import { real, type Real } from '../support/real.ts';

const workflowsPath = fileURLToPath(new URL('plugin-workflows.ts', import.meta.url));
const logger = new DefaultLogger('ERROR', () => undefined);

const SEALED = 'sealed';

/** As an encryption would: what has not been encoded cannot be decoded, and the other way round. */
const dataConverter: DataConverter = {
  payloadCodecs: [
    {
      encode: async (payloads) =>
        payloads.map(({ metadata, data }) => ({ metadata: { ...metadata, [SEALED]: data ?? new Uint8Array() } })),
      decode: async (payloads) =>
        payloads.map(({ metadata }): Payload => {
          const { [SEALED]: data, ...others } = metadata ?? {};
          if (!data) throw new Error('a payload that was never encoded');
          return { metadata: others, data };
        }),
    },
  ],
};

/** Another plugin, which sees the activities. */
function witness() {
  const seen: string[] = [];
  const plugin: WorkerPlugin & BundlerPlugin = {
    name: 'witness',
    configureWorker: (options) => ({
      ...options,
      interceptors: {
        ...options.interceptors,
        activity: [
          ...(options.interceptors?.activity ?? []),
          ({ info: { activityType } }) => ({
            inbound: {
              execute(input, next) {
                seen.push(activityType);
                return next(input);
              },
            },
          }),
        ],
      },
    }),
    async runWorker(worker, next) {
      seen.push('begins');
      await next(worker);
      seen.push('has ended');
    },
  };
  return { plugin, seen };
}

suite('an author’s own worker with the plugin', { concurrency: 1, timeout: 120_000 }, () => {
  let world: Real;
  let folder: string;
  const options = (): TemporalPodsOptions => {
    const { workerKubeconfig: kubeconfig = '', context = '' } = readStack()?.kubernetes ?? {};
    const { namespace, images, logRoot: logDir } = world;
    return {
      context,
      kubeconfig,
      namespace,
      logDir,
      collectorImage: images.shell,
      heartbeatTimeout: '1m',
      sweepEvery: '1h',
    };
  };
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    world = await real();
    folder = await mkdtemp(join(tmpdir(), 'plugin-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await world.close();
  });

  const orders: [law: string, others: (pods: WorkerPlugin, other: WorkerPlugin) => WorkerPlugin[], bundled: boolean][] =
    [
      ['before another plugin', (pods, other) => [pods, other], false],
      ['after another plugin, with a bundle that was made before', (pods, other) => [other, pods], true],
    ];
  for (const [law, inOrder, bundled] of orders)
    test(`runs its own DAG with pods, cleans up and sweeps: ${law}`, async (t) => {
      const { address, namespace, client } = world.temporal;
      const taskQueue = world.lane(`plugin-${bundled}`).taskQueue;
      const schedule = client.schedule.getHandle(sweeperId(taskQueue));
      t.after(() => schedule.delete());
      const { plugin: other, seen } = witness();
      const pods = temporalPods(options());
      const connection = await NativeConnection.connect({ address });
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue,
        dataConverter,
        activities: { shout: async (text: string) => text.toUpperCase() },
        plugins: inOrder(pods, other),
        ...(bundled
          ? { workflowBundle: await bundleWorkflowCode({ workflowsPath, logger, plugins: [pods] }) }
          : { workflowsPath }),
      });
      // It needs none, and may have it.
      const own = new Client({ connection: client.connection, namespace, dataConverter, plugins: [pods] });
      const workflowId = `${taskQueue}-${randomUUID()}`;
      await worker.runUntil(async () => {
        const run = await own.workflow.start('greeting', { taskQueue, workflowId, args: [world.images.shell] });
        assert.equal(await run.result(), 'HELLO');
        // The pod was removed beside; the run has confirmed it, by the other queue.
        assert.deepEqual(await world.left(), []);
        const { events } = await run.fetchHistory();
        const timeouts = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: it }) =>
          it?.activityType?.name === 'runPod' ? [Number(it.heartbeatTimeout?.seconds)] : [],
        );
        assert.deepEqual(timeouts, [60]);
        const report = (await own.workflow.execute('sweep', {
          taskQueue,
          workflowId: `${workflowId}-sweep`,
          args: [{ dryRun: true }],
        })) as SweepReport;
        assert.equal(typeof report, 'object');
        const { spec, action } = await schedule.describe();
        assert.deepEqual([spec.intervals?.[0]?.every, action.workflowType], [3_600_000, 'sweep']);
      });
      assert.equal(worker.getState(), 'STOPPED');
      // It refuses as long as a worker uses it: the one for the cleanups has ended too.
      await connection.close();
      assert.deepEqual(seen, ['begins', 'runPod', 'shout', 'confirmPods', 'sweep', 'has ended']);
    });

  test('a bundle that was made without the plugin is refused: its sweeps would never run', async () => {
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
    const { nativeConnection: connection, namespace } = world.temporal;
    await assert.rejects(
      Worker.create({ connection, namespace, taskQueue: 'plugin', workflowBundle, plugins: [temporalPods(options())] }),
      { name: 'Problem', exitCode: 2, message: /workflowBundle: was made without this plugin/ },
    );
  });

  test('a workflow of the author’s that has the name of one of ours is refused, by name and file', async () => {
    const path = join(folder, 'taken.js');
    await writeFile(path, 'export const nightly = async () => 1;\nexport const sweep = async () => 2;\n');
    await assert.rejects(
      bundleWorkflowCode({ workflowsPath: path, logger, plugins: [temporalPods(options())] }),
      /taken\.js: exports a workflow 'sweep', which every worker has of its own/,
    );
  });

  test('a namespace of Kubernetes that it may not work in is named, and nothing was made', async () => {
    const { nativeConnection: connection, namespace } = world.temporal;
    await assert.rejects(
      Worker.create({
        connection,
        namespace,
        taskQueue: 'plugin',
        plugins: [temporalPods({ ...options(), namespace: 'kube-system' })],
      }),
      {
        name: 'Problem',
        exitCode: 3,
        message: /^temporalPods: cannot work in Kubernetes namespace 'kube-system': .*forbidden/s,
      },
    );
  });
});
