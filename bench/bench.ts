/**
 * `npm run bench`: how long pods take, and what they cost, side by side with a floor and with other operators, on the local stack. See
 * docs/performance.md.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../local/run.ts';
import { messageOf } from '../src/common/message-of.ts';
import { infrastructure, main } from '../src/common/problem.ts';
import { Kube } from '../test/chaos/kube.ts';
import { figuresOf } from './figures.ts';
import { startKwok } from './kwok.ts';
import { countWaiting, measure } from './measure.ts';
import { memoryOf } from './measures.ts';
import { HELP, optionsOf, type Options } from './options.ts';
import { startPeer, type PeerName } from './peers.ts';
import { interleaved, SUBJECTS, type SubjectId } from './plan.ts';
import { plot } from './plot.ts';
import { report, type Results } from './report.ts';
import type { Sample } from './sample.ts';
import { scaleRows } from './scale.ts';
import type { Subject } from './subject.ts';
import { startTemporalPods, type TemporalPods } from './temporal-pods.ts';
import { groundOf, openWorld, type Ground, type World } from './world.ts';
import { WORKLOADS } from './workloads.ts';

/** So that a program has put away what its start took. */
const SETTLE_MS = 5_000;

interface Subjects {
  readonly all: Partial<Record<SubjectId, Subject>>;
  readonly ours: TemporalPods | undefined;
  /** Why a peer cannot be had. */
  readonly missing: Record<string, string>;
}

const PEERS: readonly [PeerName, byDefault: SubjectId, tuned: SubjectId][] = [
  ['kubernetes_pod_operator', 'kpo', 'kpoTuned'],
  ['dagster_pipes_client', 'dagster', 'dagsterTuned'],
];

async function startSubjects(
  world: World,
  wanted: ReadonlySet<SubjectId>,
  resources: AsyncDisposableStack,
): Promise<Subjects> {
  const { watching, signal, say } = world;
  const missing: Record<string, string> = {};
  const all: Subjects['all'] = { floor: watching.floor };
  for (const [name, byDefault, tuned] of PEERS) {
    if (!wanted.has(byDefault) && !wanted.has(tuned)) continue;
    try {
      const peer = resources.adopt(await startPeer(name, world), (it) => it.close());
      all[byDefault] = peer.subject(false);
      all[tuned] = peer.subject(true);
    } catch (error) {
      signal.throwIfAborted();
      missing[SUBJECTS[byDefault]] = messageOf(error);
      say(`${SUBJECTS[byDefault]} is left out: ${messageOf(error)}`);
    }
  }
  if (!wanted.has('ours')) return { all, ours: undefined, missing };
  const ours = resources.adopt(await startTemporalPods(world), (it) => it.close());
  return { all: { ...all, ours }, ours, missing };
}

/** Real pods, side by side. */
async function sideBySide(ground: Ground, options: Options, write: (more: Partial<Results>) => void): Promise<void> {
  const { signal, say } = ground;
  await using resources = new AsyncDisposableStack();
  const world = await openWorld(ground, resources);
  const wanted = new Set(options.cells.map(({ subject }) => subject));
  if (options.waits) wanted.add('ours');
  const { all, ours, missing } = await startSubjects(world, wanted, resources);
  await sleep(SETTLE_MS, undefined, { signal });
  write({ missing, idle: ours && memoryOf(ours.pid).now });

  const raw = join(options.out, 'samples.jsonl');
  writeFileSync(raw, '');
  const samples: Sample[] = [];
  const steps = interleaved(options.cells, options.seed).filter(({ subject }) => all[subject]);
  try {
    for (const [number, step] of steps.entries()) {
      signal.throwIfAborted();
      const sample = await measure(world, step, all[step.subject]!, number);
      samples.push(sample);
      appendFileSync(raw, `${JSON.stringify(sample)}\n`);
      say(`${number + 1}/${steps.length} ${told(sample)}`);
    }
  } finally {
    write({ figures: figuresOf(samples) });
  }
  if (!options.waits || !ours) return;
  say(`waiting pods, ${options.waitSeconds} s`);
  write({ waiting: await countWaiting(world, ours, options.waitSeconds) });
}

function told({ workload, subject, told, error, warmUp }: Sample): string {
  const how = told ? `${((told.result - told.started) / 1000).toFixed(2)} s` : '';
  return `${WORKLOADS[workload]}, ${SUBJECTS[subject]}: ${error ?? how}${warmUp ? ' (warm-up)' : ''}`;
}

/** Stand-in pods. Their node outlives the namespace: without it they would be deleted a minute later. */
async function atScale(ground: Ground, options: Options, write: (more: Partial<Results>) => void): Promise<void> {
  await using resources = new AsyncDisposableStack();
  resources.adopt(await startKwok(ground), (close) => close());
  const world = await openWorld(ground, resources);
  write({ scale: await scaleRows(world, options.scalePods, options.waitSeconds) });
}

async function machine({ kubeconfig, context }: Ground): Promise<string> {
  const kube = new Kube(kubeconfig, context);
  const { body } = await kube.call('GET', '/version').finally(() => kube.close());
  const commit = await run('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD']).catch(() => 'unknown');
  const [cpu] = cpus();
  return [
    `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}, Kubernetes ${(body as { gitVersion?: string }).gitVersion}, Node ${process.version}`,
    `load before ${loadavg()[0]?.toFixed(2)}, commit ${commit.trim()}`,
  ].join('; ');
}

async function bench(signal: AbortSignal, say: (words: string) => void): Promise<number> {
  const date = new Date().toISOString().slice(0, 16).replace(':', '');
  const args = process.argv.slice(2);
  const options = optionsOf(args, date);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const ground = groundOf(signal, say);
  const [load = 0] = loadavg();
  if (load > cpus().length / 4) say(`this machine is busy (load ${load.toFixed(1)}): its figures are noise`);
  mkdirSync(options.out, { recursive: true });
  let results: Results = {
    date,
    command: ['npm run bench --', ...args].join(' '),
    seed: options.seed,
    machine: await machine(ground),
    figures: [],
    idle: undefined,
    waiting: undefined,
    scale: [],
    missing: {},
  };
  // As soon as there is something, so that a run that is stopped leaves what it has.
  const write = (more: Partial<Results>) => {
    results = { ...results, ...more };
    writeFileSync(join(options.out, 'table.md'), report(results));
    writeFileSync(join(options.out, 'plot.svg'), plot(results.figures, `temporal-pods bench, ${date}`));
  };
  if (options.cells.length > 0 || options.waits) await sideBySide(ground, options, write);
  if (options.scalePods > 0) await atScale(ground, options, write);
  console.log(report(results));
  say(`written to ${options.out}`);
  return 0;
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    // The second time it ends at once, and leaves what it has started.
    process.once(name, () => stop.abort(infrastructure('stopped, and what was started is ended')));
  await main(() => bench(stop.signal, (words) => console.error(words)));
}
