/** `simulate`: one run of a workflow, in milliseconds, without Temporal, Kubernetes or network. */
import type { Workflow } from '@temporalio/common';
import { TypedSearchAttributes } from '@temporalio/common';
import { encodeUnifiedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { suggestion } from '../common/did-you-mean.ts';
import { messageOf } from '../common/message-of.ts';
import { BODY, SCHEDULED_START, type Graph, type TaskState } from '../contract/index.ts';
import { fromFailure, fromPayload } from '../simulation/messages.ts';
import { type ActivityCall, type ActivityEnd, SimulationError, type Outside } from '../simulation/outside.ts';
import { Sandbox } from '../simulation/sandbox.ts';
import { Simulation } from '../simulation/simulation.ts';
import { workerBundle } from '../worker/bundle.ts';
import { moduleOf } from './module.ts';
import { Pods } from './pods.ts';
import type { RunningRun } from './running-run.ts';
import { graphOf, Script } from './script.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import { Cast, checkStandIns, type StandIns } from './stand-ins.ts';

/** What is beside the pods, and what somebody does meanwhile. */
export interface SimulateOptions {
  /** What somebody does meanwhile: updates, signals, a cancel, each at its moment. */
  readonly during?: (run: RunningRun) => Promise<void> | void;
  /** In the place of the author's own activities, by their types. What one throws fails the activity; it is not tried again. */
  readonly activities?: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** In the place of child workflows, by their types. Default: they are run, from the same module. */
  readonly children?: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Arguments of the workflow behind the first one. */
  readonly moreArgs?: readonly unknown[];
  /** When the run begins. Default: now. */
  readonly startTime?: Date;
  /** The moment that a schedule started it for. Default: none did. */
  readonly scheduledTime?: Date;
  /** Default `simulated`. */
  readonly workflowId?: string;
  readonly memo?: Readonly<Record<string, unknown>>;
  /** Whether stand-ins that no pod used are right. Default false: they are an error that names them. */
  readonly mayBeUnused?: boolean;
}

/** How the run ended. */
export interface SimulatedRun<Result = unknown, Key extends string = never> {
  /** What the workflow returned. @throws its failure, when it has failed */
  readonly result: Result;
  /** What the run failed with, or a `CancelledFailure`; undefined when it went well. */
  readonly failure: Error | undefined;
  /**
   * The pods that would have run: of each task in the order of their starts, and those for which a pattern stood in by that pattern.
   * Pods of child workflows are among them.
   */
  readonly pods: Readonly<Record<Key, readonly SimulatedPod[]>> &
    Readonly<Record<string, readonly SimulatedPod[] | undefined>>;
  /** All of them, in the order of their starts. */
  readonly allPods: readonly SimulatedPod[];
  /** As the query `graph` gives it; without nodes when there is no `dag`. */
  readonly graph: Graph;
  /** How each task ended. */
  readonly states: Readonly<Record<string, TaskState>>;
  readonly startedAt: Date;
  /** In the simulated time. */
  readonly endedAt: Date;
}

/** See `simulate`. */
export interface Simulate {
  /** Makes the bundle, which the first call does otherwise: for a `before`, since runners have time limits for a test. */
  load(): Promise<void>;
  <W extends Workflow, const S extends StandIns>(
    workflow: W,
    input: Parameters<W>[0],
    standIns?: S,
    options?: SimulateOptions,
  ): Promise<SimulatedRun<Awaited<ReturnType<W>>, keyof S & string>>;
  <const S extends StandIns>(
    workflow: string,
    input: unknown,
    standIns?: S,
    options?: SimulateOptions,
  ): Promise<SimulatedRun<unknown, keyof S & string>>;
}

/**
 * Gives a `simulate` for the workflows of a module.
 *
 *     const simulate = simulator({ workflows: new URL('../dags/index.ts', import.meta.url) });
 *
 * @param options.workflows file of the module that exports the workflows, with the child workflows that they start; a path is of the
 *   current folder. Default: the environment's `TEMPORAL_PODS_WORKFLOWS`, as for a worker
 */
export function simulator({ workflows }: { readonly workflows?: string | URL } = {}): Simulate {
  let loading: Promise<Sandbox> | undefined;
  const load = () => (loading ??= sandboxOf(workflows));
  const run = async (
    workflow: Workflow | string,
    input: unknown,
    standIns: StandIns = {},
    options: SimulateOptions = {},
  ) => {
    const workflowType = typeof workflow === 'string' ? workflow : workflow?.name;
    if (!workflowType)
      throw new TypeError('simulate: the workflow must be an exported function with a name, or its name');
    checkStandIns(standIns);
    checkOptions(options);
    const args = [...(input === undefined ? [] : [input]), ...(options.moreArgs ?? [])];
    return simulated(await load(), { workflowType, args, standIns, options }) as never;
  };
  return Object.assign(run, { load: async () => void (await load()) });
}

/**
 * Runs a workflow as Temporal would, with its pods answered by stand-ins and its time skipped. The code is the worker's own bundle in the
 * SDK's sandbox; the first call in a process makes the bundle, or finds it where a worker keeps it.
 *
 *     const run = await simulate(nightly, { day: '2026-11-28' }, {
 *       orders: { output: [1, 2] },
 *       total: [fails('OOMKilled'), { output: 3 }],
 *     });
 *     assert.equal(run.result, 3);
 *     assert.deepEqual(run.pods.total.map((pod) => pod.spec.resources?.limits?.memory), ['1Gi', '2Gi']);
 *
 * @param workflow the function, exported by its name from the module of `TEMPORAL_PODS_WORKFLOWS` (see `simulator` for another one)
 * @param input its argument, as JSON: what a client would send
 * @throws SimulationError that names a pod nobody stands in for, a stand-in that nobody used, a run that waits for what never comes;
 *   TypeError for a stand-in that makes no sense; what `options.during` throws. A run that fails is no error: see `failure`
 */
export const simulate: Simulate = simulator();

const OPTIONS: Record<keyof SimulateOptions, true> = {
  during: true,
  activities: true,
  children: true,
  moreArgs: true,
  startTime: true,
  scheduledTime: true,
  workflowId: true,
  memo: true,
  mayBeUnused: true,
};

function checkOptions(options: object): void {
  const known = Object.keys(OPTIONS);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new TypeError(
        `simulate: options.${name}: is unknown${suggestion(name, known, { otherwise: `; there are: ${known.join(', ')}` })}`,
      );
}

async function sandboxOf(workflows: string | URL | undefined): Promise<Sandbox> {
  const module = moduleOf(workflows);
  const { code } = await workerBundle(module, {});
  return new Sandbox(code, module.from);
}

interface Asked {
  readonly workflowType: string;
  readonly args: readonly unknown[];
  readonly standIns: StandIns;
  readonly options: SimulateOptions;
}

async function simulated(sandbox: Sandbox, { workflowType, args, standIns, options }: Asked): Promise<SimulatedRun> {
  const cast = new Cast(standIns);
  const startedAt = options.startTime ?? new Date();
  const pods: Pods = new Pods(cast, () => simulation.clock.now);
  const simulation: Simulation = new Simulation(sandbox, outsideOf(pods, options), {
    workflowType,
    args,
    workflowId: options.workflowId ?? 'simulated',
    now: startedAt.getTime(),
    ...(options.memo && { memo: options.memo }),
    ...(options.scheduledTime && { searchAttributes: scheduledFor(options.scheduledTime) }),
  });
  try {
    await toItsEnd(simulation, options.during);
    const graph = await graphOf(simulation);
    const run = new EndedRun(simulation, pods, { standIns, graph, startedAt });
    const { unused } = cast;
    if (unused.length > 0 && !options.mayBeUnused)
      throw new SimulationError(
        `no pod used the stand-in of ${unused.join(', ')}${run.failure ? `; the run failed: ${run.failure.message}` : ''}`,
      );
    return run;
  } finally {
    await simulation.dispose();
  }
}

async function toItsEnd(simulation: Simulation, during: SimulateOptions['during']): Promise<void> {
  await simulation.settle();
  const script = during && new Script(simulation, during);
  /** Until both have nothing left to do at this moment. */
  const settle = async () => {
    do await simulation.settle();
    while (await script?.goesOn());
  };
  await settle();
  while (!simulation.isOver) {
    if (!simulation.next()) throw await stuck(simulation, script);
    await settle();
  }
  script?.giveUp(`the run was ${simulation.root.end!.kind} before`);
  await script?.turn();
}

async function stuck(simulation: Simulation, script: Script | undefined): Promise<SimulationError> {
  const { nodes } = await graphOf(simulation);
  const open = nodes.filter(
    ({ name, state }) => name !== BODY && (state === 'waiting' || state === 'queued' || state === 'running'),
  );
  const of =
    open.length > 0
      ? ` Tasks that have not ended: ${open.map(({ name, state }) => `${name} (${state})`).join(', ')}.`
      : '';
  const error = new SimulationError(
    `the run waits for what never comes: a signal, an update or a condition without a time limit.${of} What somebody is to send is sent in options.during`,
  );
  script?.giveUp(error.message);
  await script?.turn();
  return error;
}

const scheduledFor = (time: Date) =>
  encodeUnifiedSearchAttributes(undefined, new TypedSearchAttributes([{ key: SCHEDULED_START, value: time }]));

function outsideOf(pods: Pods, { activities = {}, children = {} }: SimulateOptions): Outside {
  return {
    async activity(call: ActivityCall) {
      const answer = await pods.answer(call);
      if (answer) return answer;
      const standIn = own(activities, call.activityType);
      if (standIn) return { end: await endOf(standIn, call.args), after: 0 };
      throw new SimulationError(
        `nobody stands in for activity '${call.activityType}': give options.activities.${call.activityType} a function${suggestion(call.activityType, Object.keys(activities))}`,
      );
    },
    child(workflowType, args) {
      const standIn = own(children, workflowType);
      return standIn && endOf(standIn, args);
    },
  };
}

type StandInFunction = (...args: never[]) => unknown;

const own = (all: Readonly<Record<string, StandInFunction>>, name: string): StandInFunction | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

async function endOf(standIn: StandInFunction, args: readonly unknown[]): Promise<ActivityEnd> {
  try {
    return { result: await standIn(...(args as never[])) };
  } catch (error) {
    return { failure: error instanceof Error ? error : new Error(messageOf(error)) };
  }
}

class EndedRun implements SimulatedRun {
  readonly failure: Error | undefined;
  readonly pods: SimulatedRun['pods'];
  readonly allPods: readonly SimulatedPod[];
  readonly graph: Graph;
  readonly states: Readonly<Record<string, TaskState>>;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly #result: unknown;

  constructor(
    { root }: Simulation,
    pods: Pods,
    { standIns, graph, startedAt }: { standIns: StandIns; graph: Graph; startedAt: Date },
  ) {
    const end = root.end!;
    if (end.kind === 'completed') this.#result = fromPayload(end.result);
    else if (end.kind !== 'continued') this.failure = fromFailure(end.failure);
    const byTask = Map.groupBy(pods.all, ({ task }) => task);
    const none = Object.keys(standIns).map((key) => [key, []] as const);
    this.pods = Object.fromEntries<readonly SimulatedPod[]>([...none, ...pods.byKey, ...byTask]);
    this.allPods = pods.all;
    this.graph = graph;
    this.states = Object.fromEntries(
      graph.nodes.filter(({ name }) => name !== BODY).map(({ name, state }) => [name, state]),
    );
    this.startedAt = startedAt;
    this.endedAt = new Date(root.endedAt!);
  }

  get result(): unknown {
    if (this.failure) throw this.failure;
    return this.#result;
  }
}
