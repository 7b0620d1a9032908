/** A fake cluster, a fake Temporal and a folder for logs: what the tests of the activity stand on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import type { PodFailureDetails, PodResult, PodSpec, RunPodInput } from '../../src/contract/index.ts';
import { Removals, type PodDependencies } from '../../src/activities/index.ts';
import type { Waits } from '../../src/activities/waits.ts';
import { createReflectors } from '../../src/kubernetes/reflectors.ts';
import { DEFAULT_POLICY } from '../../src/policy/index.ts';
import { readLog } from '../../src/logs/index.ts';
import { startFakeCluster, type FakeCluster } from './fake-cluster.ts';
import { FakeTemporal, type Attempt } from './fake-temporal.ts';

export const SPEC: PodSpec = { image: 'etl:3', grace: '2s' };

export interface World {
  fake: FakeCluster;
  temporal: FakeTemporal;
  dependencies: PodDependencies;
  /** Starts the next attempt of the one activity of this world. */
  attempt: (spec?: PodSpec, more?: Partial<RunPodInput>) => Attempt;
  close: () => Promise<void>;
}

interface WorldOptions {
  /** How long the activity has been scheduled for, in ms. */
  age?: number;
  /** Default: those of a worker. */
  waits?: Partial<Waits>;
}

export async function world({ age, waits = {} }: WorldOptions = {}): Promise<World> {
  const fake = await startFakeCluster();
  const cluster = fake.connect({ create: 500, call: 1000 });
  const reflector = createReflectors(cluster, () => undefined);
  const removals = new Removals();
  const logRoot = await mkdtemp(join(tmpdir(), 'pod-logs-'));
  const temporal = new FakeTemporal(age === undefined ? undefined : Date.now() - age);
  const dependencies: PodDependencies = {
    cluster,
    reflector,
    removals,
    namespaces: ['n'],
    temporalNamespaceId: 'ns-1',
    logRoot,
    templates: { defaults: {} },
    policy: DEFAULT_POLICY,
    callbacks: {},
    collectorImage: 'busybox:1',
    waits,
  };
  return {
    fake,
    temporal,
    dependencies,
    attempt: (spec = SPEC, more = {}) => temporal.attempt(dependencies, spec, more),
    async close() {
      await removals.close();
      reflector.close();
      await fake.close();
      await rm(logRoot, { recursive: true, force: true });
    },
  };
}

/** Runs the law in a world of its own. */
export const inWorld =
  (law: (world: World) => Promise<void>, options: WorldOptions = {}) =>
  async () => {
    const here = await world(options);
    try {
      await law(here);
    } finally {
      await here.close();
    }
  };

/** The failure an attempt ended with, and its details; throws when it ended well. */
export async function failureOf(attempt: Attempt): Promise<{ error: ApplicationFailure; details: PodFailureDetails }> {
  const error: unknown = await attempt.result.then(
    (result) => new Error(`succeeded with ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  return { error, details: error.details?.[0] as PodFailureDetails };
}

/** Every line of the log, in order; a gap as `<gap>`. */
export async function linesOf({ logs }: Pick<PodResult, 'logs'>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { kind, bytes } of readLog(fileURLToPath(logs.uri)))
    lines.push(kind === 'gap' ? '<gap>' : String(bytes));
  return lines;
}
