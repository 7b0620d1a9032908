/** The same workflows with the same stand-ins, simulated and on a real Temporal: what comes of them is the same. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import type { ConfirmPodsInput, DeletePodInput, Graph, RunPodInput } from '../../src/contract/index.ts';
import { Pods } from '../../src/testing/pods.ts';
import { Cast } from '../../src/testing/stand-ins.ts';
import { fails, simulator, type StandIns } from '../../src/testing/library.ts';
import { rootFailure } from '../../src/workflows/dag/failures.ts';
import { graphQuery } from '../../src/workflows/dag/index.ts';
import { temporal, type Temporal } from '../support/temporal.ts';

const WORKFLOWS = new URL('workflows.ts', import.meta.url);
const simulate = simulator({ workflows: WORKFLOWS });
const taskQueue = `as-real-${randomUUID()}`;

let server: Temporal;
let workers: Worker[];
let running: Promise<unknown>;
/** By the workflowIds of the runs, which those of their children begin with. */
const worlds = new Map<string, Pods>();

before(async () => {
  const logger = new DefaultLogger('ERROR');
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  Runtime.install({ logger, telemetryOptions: { logging } });
  server = await temporal();
  const options = { connection: server.nativeConnection, namespace: server.namespace };
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(WORKFLOWS), logger });
  const runPod = (input: RunPodInput) => answer(input);
  const deletePod = (input: DeletePodInput) => answer(input);
  const confirmPods = (input: ConfirmPodsInput) => answer(input);
  workers = [
    await Worker.create({
      ...options,
      taskQueue,
      workflowBundle,
      activities: { runPod },
      maxHeartbeatThrottleInterval: 100,
    }),
    await Worker.create({ ...options, taskQueue: `${taskQueue}-cleanup`, activities: { deletePod, confirmPods } }),
  ];
  running = Promise.all(workers.map((worker) => worker.run()));
  await simulate.load();
});
after(async () => {
  for (const worker of workers) worker.shutdown();
  await running;
  await server.close();
});

/** A stand-in's, with a tenth of the time that it takes. */
async function answer(input: unknown): Promise<unknown> {
  const context = Context.current();
  const { activityId, activityType, workflowExecution } = context.info;
  const world = [...worlds].find(([id]) => workflowExecution!.workflowId.startsWith(id))![1];
  const call = { ...workflowExecution!, activityId, activityType, args: [input], scheduledAt: Date.now() };
  const { end, after, onEnd, onCancel } = (await world.answer(call))!;
  const beat = setInterval(() => context.heartbeat(), 50);
  try {
    await context.sleep(after / 10);
    onEnd?.();
    if ('result' in end) return end.result;
    throw 'failure' in end ? end.failure : new CancelledFailure('', [...end.cancelled]);
  } catch (error) {
    if (!(error instanceof CancelledFailure)) throw error;
    const stopped = onCancel!(0);
    stopped.onEnd?.();
    throw new CancelledFailure('CANCELLED', 'cancelled' in stopped.end ? [...stopped.end.cancelled] : []);
  } finally {
    clearInterval(beat);
  }
}

interface Outcome {
  result?: unknown;
  failure?: { type: string; message: string };
  states: Record<string, string>;
  edges: Graph['edges'];
  pods: string[];
}

const outcomeOf = (failure: Error | undefined, { nodes, edges }: Graph, pods: Pods['all']) => ({
  ...(failure && { failure: rootFailure(failure) }),
  states: Object.fromEntries(nodes.map(({ name, state }) => [name, state])),
  edges,
  pods: pods.map(({ name, workflowId, state, kind }) => `${workflowId} ${name}: ${kind ?? state}`).sort(),
});

interface Row {
  workflow: string;
  args?: unknown[];
  standIns?: StandIns;
  /** As soon as a pod runs. */
  cancel?: true;
}

async function really({ workflow, args = [], standIns = {}, cancel }: Row, workflowId: string): Promise<Outcome> {
  const pods = new Pods(new Cast(standIns), Date.now);
  worlds.set(workflowId, pods);
  const run = await server.client.workflow.start(workflow, {
    taskQueue,
    workflowId,
    args,
    workflowExecutionTimeout: '30s',
  });
  if (cancel) {
    while (pods.all.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await run.cancel();
  }
  const graph = async () => run.query(graphQuery).catch(() => ({ nodes: [], edges: [] }));
  try {
    const result: unknown = await run.result();
    return { result, ...outcomeOf(undefined, await graph(), pods.all) };
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    return outcomeOf(error.cause, await graph(), pods.all);
  } finally {
    await Promise.all(childrenOf(run, pods).map((child) => child.result().catch(() => undefined)));
  }
}

const childrenOf = ({ workflowId }: WorkflowHandle, { all }: Pods) =>
  [...new Set(all.map((pod) => pod.workflowId))]
    .filter((id) => id !== workflowId)
    .map((id) => server.client.workflow.getHandle(id));

async function simulated({ workflow, args = [], standIns = {}, cancel }: Row, workflowId: string): Promise<Outcome> {
  const run = await simulate(workflow, args[0], standIns, {
    workflowId,
    mayBeUnused: true,
    ...(cancel && {
      async during(run) {
        await run.sleep('500ms');
        await run.cancel();
      },
    }),
  });
  const { failure, graph, allPods } = run;
  return { ...(!failure && { result: run.result }), ...outcomeOf(failure, graph, [...allPods]) };
}

suite('simulated as real', { concurrency: 4 }, () => {
  const quick = { count: 2, delay: '50ms' };
  const rows: Record<string, Row> = {
    'a good end': {
      workflow: 'nightly',
      args: [{ day: '2026-11-28' }],
      standIns: { orders: { output: [1] }, total: { output: 1 } },
    },
    'a failure': { workflow: 'one', args: [{}], standIns: { main: fails('ContainerFailed', { exitCode: 3 }) } },
    'a further try': {
      workflow: 'one',
      args: [{ spec: { retries: quick } }],
      standIns: { main: [fails('OOMKilled'), fails('PodDisrupted', { startedEver: true }), { output: 1 }] },
    },
    'a pod that does not go': {
      workflow: 'one',
      args: [{ spec: { retries: quick } }],
      standIns: { main: [fails('ContainerFailed', { gone: false })] },
    },
    'a bad spec': { workflow: 'one', args: [{ spec: { image: 3 } }] },
    'bad parameters': { workflow: 'nightly', args: [{ day: 'monday' }] },
    'a result that does not fit': { workflow: 'typed', standIns: { main: { output: { rows: 'x' } } } },
    'a map with a failure': {
      workflow: 'mapped',
      args: [['a', 'b', 'c']],
      standIns: { 'load-1': { exitCode: 1 }, 'load-*': { output: 'x' } },
    },
    'a child': { workflow: 'parent', args: ['region'], standIns: { part: {} } },
    'a child that fails': { workflow: 'parent', args: ['region'], standIns: { part: { exitCode: 1 } } },
    'continue-as-new': { workflow: 'rounds', args: [2], standIns: { look: {} } },
    'a cancel': { workflow: 'one', args: [{}], standIns: { main: { takes: '5m' } }, cancel: true },
    'a cancel with a child': {
      workflow: 'parent',
      args: ['region'],
      standIns: { part: { takes: '5m' } },
      cancel: true,
    },
    'a parent that moves on': { workflow: 'movesOn', args: [true], standIns: { part: { takes: '1m' } } },
  };
  for (const [law, row] of Object.entries(rows))
    test(law, async () => {
      const workflowId = `as-real-${randomUUID()}`;
      assert.deepEqual(await simulated(row, workflowId), await really(row, workflowId));
    });
});
