/**
 * `npm run bench`: how long pods take, and what they cost, side by side with a floor and with other operators, on the local stack. See
 * docs/performance.md.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { place } from '../local/place.ts';
import { run } from '../local/run.ts';
import { readStack } from '../local/stack.ts';
import { messageOf } from '../src/common/message-of.ts';
import { infrastructure, main, usage } from '../src/common/problem.ts';
import { Kube } from '../test/chaos/kube.ts';
import { testNamespaces } from '../test/support/namespaces.ts';
import { figuresOf } from './figures.ts';
import { startKwok } from './kwok.ts';
import { apiRequests, cpuOf, forgetPeak, growth, memoryOf, temporalCalls, total } from './measures.ts';
import { startPeer, type PeerName } from './peers.ts';
import { fullCells, interleaved, quickCells, SUBJECTS, type Cell, type Step, type SubjectId } from './plan.ts';
import { plot } from './plot.ts';
import { report, type Results, type Waiting } from './report.ts';
import type { Sample } from './sample.ts';
import { abortable, scaleRows } from './scale.ts';
import { serversOf, type Servers } from './servers.ts';
import type { Subject, Told } from './subject.ts';
import { startTemporalPods } from './temporal-pods.ts';
import { startObserver, type Watching } from './watching.ts';
import { workOf, WORKLOADS } from './workloads.ts';

const HELP = `Usage: npm run bench -- [options]

Measures on the local stack (npm run up), side by side and interleaved: a floor of bare pods, temporal-pods, KubernetesPodOperator and
Dagster's PipesK8sClient. Use a quiet machine: nothing else may run pods meanwhile, or the requests of the API server are not ours.
  --quick             6 samples, of what is slow 3: within ten minutes; else 20 of everything, some two hours
  --samples N         so many samples
  --workloads A,B     only these: ${[...Object.keys(WORKLOADS), 'waiting'].join(', ')}
  --subjects A,B      only these: ${Object.keys(SUBJECTS).join(', ')}
  --seed N            the order again that another run had
  --scale             also 1,000 stand-in pods by KWOK, which is built from its Go module
  --scale-only        nothing but that
  --scale-pods N      so many instead of 1,000
  --out FOLDER        for samples.jsonl, table.md and plot.svg (default bench/results/<date>)`;

const LIMIT_MS = 10 * 60_000;
const GONE_WITHIN_MS = 90_000;
/** So that a program has put away what its start took. */
const SETTLE_MS = 5_000;
/** Of a flood's lines, every so many-th is written down. */
const LINES_KEPT = 1_000;
/** Where what the servers were asked is counted: each costs a reading of their metrics. */
const COUNTED = ['echo', 'fan'];
const WAITING_PODS = 20;

type World = {
  images: { shell: string; python: string };
  temporalNamespace: string;
  watching: Watching;
  servers: Servers;
  signal: AbortSignal;
};

async function measure(
  world: World,
  { workload, subject: id, warmUp }: Step,
  subject: Subject,
  number: number,
): Promise<Sample> {
  const { watching, servers, images, temporalNamespace, signal } = world;
  const work = workOf(workload, images);
  const counted = COUNTED.includes(workload);
  const metrics = async () => ({
    api: counted ? apiRequests(await servers.kubernetes()) : {},
    temporal: counted && id === 'ours' ? temporalCalls((await servers.temporal()) ?? '', temporalNamespace) : {},
  });
  const before = await metrics();
  const { pid } = subject;
  const cpu = pid === undefined ? 0 : cpuOf(pid);
  if (pid !== undefined) forgetPeak(pid);
  const since = Date.now();
  const sample = { number, workload, subject: id, warmUp };
  try {
    const late = sleep(LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('not done in time')));
    late.catch(() => undefined);
    const told = await abortable(Promise.race([subject.run(work), late]), signal);
    const pods = await abortable(watching.until('gone', since, work.pods, GONE_WITHIN_MS), signal);
    const cost = pid === undefined ? {} : { cost: { cpu: cpuOf(pid) - cpu, peak: memoryOf(pid).peak } };
    const after = await metrics();
    return {
      ...sample,
      pods,
      told: short(told),
      ...cost,
      ...(counted && { api: growth(before.api, after.api) }),
      ...(counted && Object.keys(after.temporal).length > 0 && { temporal: growth(before.temporal, after.temporal) }),
      ...(pods.length !== work.pods && { error: `the observer saw ${pods.length} pods instead of ${work.pods}` }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ...sample, pods: await watching.podsSince(since), error: messageOf(error) };
  }
}

function short({ lines, ...times }: Told): NonNullable<Sample['told']> {
  const kept = lines.filter(([line]) => line % LINES_KEPT === 0 || lines.length <= LINES_KEPT);
  const lastLine = lines.reduce((latest, [, , seen]) => Math.max(latest, seen), 0);
  return {
    ...times,
    lines: kept,
    linesSeen: new Set(lines.map(([line]) => line)).size,
    ...(lines.length > 0 && { lastLine }),
  };
}

/** Pods that only wait: what they cost Temporal while nothing happens. */
async function waiting(world: World, ours: Subject & { pid: number }, seconds: number): Promise<Waiting> {
  const { watching, servers, images, temporalNamespace, signal } = world;
  const calls = async () => temporalCalls((await servers.temporal()) ?? '', temporalNamespace);
  const since = Date.now();
  forgetPeak(ours.pid);
  const command = ['sleep', String(seconds + 15)];
  const ended = ours.run({ pods: WAITING_PODS, atOnce: true, image: images.shell, command, lines: 0 });
  ended.catch(() => undefined);
  await abortable(watching.until('running', since, WAITING_PODS, LIMIT_MS), signal);
  const before = await calls();
  await sleep(seconds * 1000, undefined, { signal });
  const more = growth(before, await calls());
  await abortable(ended, signal);
  const isTold = Object.keys(before).length > 0;
  return {
    pods: WAITING_PODS,
    seconds,
    heartbeats: isTold ? (more['RecordActivityTaskHeartbeat'] ?? 0) : undefined,
    calls: isTold ? total(more) : undefined,
    peak: memoryOf(ours.pid).peak,
  };
}

async function machine(kubeconfig: string, context: string): Promise<string> {
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

const list = (text: string | undefined): string[] | undefined =>
  text?.split(',').map((one) => one.trim()).filter(Boolean); // prettier-ignore

async function bench(signal: AbortSignal, say: (words: string) => void): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values: given } = parseArgs({
    options: {
      ...{ quick: flag, scale: flag, 'scale-only': flag, help: { ...flag, short: 'h' } },
      ...{ samples: text, workloads: text, subjects: text, seed: text, 'scale-pods': text, out: text },
    },
  });
  if (given.help) {
    console.log(HELP);
    return 0;
  }
  const whole = (name: 'samples' | 'seed' | 'scale-pods', otherwise: number): number => {
    const value = Number(given[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 1)) throw usage(`--${name} takes a number`);
    return value;
  };
  const among = (name: 'workloads' | 'subjects', known: readonly string[]): readonly string[] => {
    const named = list(given[name]) ?? known;
    const strange = named.find((one) => !known.includes(one));
    if (strange !== undefined) throw usage(`--${name}: there is no ${strange}, but ${known.join(', ')}`);
    return named;
  };
  const workloads = among('workloads', [...Object.keys(WORKLOADS), 'waiting']);
  const subjects = among('subjects', Object.keys(SUBJECTS));
  const samples = whole('samples', given.quick ? 6 : 20);
  const seed = whole('seed', Math.floor(Math.random() * 1e6));
  const scalePods = whole('scale-pods', 1_000);
  const cells: Cell[] = given['scale-only']
    ? []
    : (given.quick ? quickCells(samples) : fullCells(samples)).filter(
        ({ workload, subject }) => workloads.includes(workload) && subjects.includes(subject),
      );
  const waits = !given['scale-only'] && workloads.includes('waiting') && subjects.includes('ours');

  const stack = readStack();
  if (!stack?.images) throw infrastructure('the bench needs the local stack: npm run up');
  const { kubeconfig, context } = stack.kubernetes;
  const date = new Date().toISOString().slice(0, 16).replace(':', '');
  const out = given.out ?? join(import.meta.dirname, 'results', date);
  const cache = join(place().cache, 'bench');
  const missing: Record<string, string> = {};

  await using started = new AsyncDisposableStack();
  const namespaces = testNamespaces(kubeconfig, context);
  started.defer(async () => {
    await namespaces.close();
    await untilGone(kubeconfig, context, namespaces.names);
  });
  const namespace = await namespaces.create(`bench-${Date.now().toString(36)}`, {});
  const where = { kubeconfig, context, namespace };
  const watching = started.adopt(await startObserver(where), (it) => it.close());
  const servers = started.adopt(await serversOf(kubeconfig, context), (it) => it.close());
  const temporalNamespace = stack.temporal.namespace;
  const world: World = { images: stack.images, temporalNamespace, watching, servers, signal };
  const description = await machine(kubeconfig, context);
  if ((loadavg()[0] ?? 0) > cpus().length / 4)
    say(`this machine is busy (load ${loadavg()[0]?.toFixed(1)}): compare nothing but the columns of a row`);

  const wanted = new Set<SubjectId>(cells.map(({ subject }) => subject));
  const all: Partial<Record<SubjectId, Subject>> = { floor: watching.floor };
  let idle: number | undefined;
  const ours =
    wanted.has('ours') || waits ? started.adopt(await startTemporalPods({ namespace }), (it) => it.close()) : undefined;
  if (ours) all.ours = ours;
  const peers: [PeerName, SubjectId, SubjectId][] = [
    ['kubernetes_pod_operator', 'kpo', 'kpoTuned'],
    ['dagster_pipes_client', 'dagster', 'dagsterTuned'],
  ];
  for (const [name, byDefault, tuned] of peers) {
    if (!wanted.has(byDefault) && !wanted.has(tuned)) continue;
    signal.throwIfAborted();
    try {
      const peer = started.adopt(await abortable(startPeer(name, { ...where, cache, say }), signal), (it) =>
        it.close(),
      );
      all[byDefault] = peer.subject(false);
      all[tuned] = peer.subject(true);
    } catch (error) {
      signal.throwIfAborted();
      missing[SUBJECTS[byDefault]] = messageOf(error);
      say(`${SUBJECTS[byDefault]} is left out: ${messageOf(error)}`);
    }
  }
  if (ours) {
    await sleep(SETTLE_MS, undefined, { signal });
    idle = memoryOf(ours.pid).now;
  }

  mkdirSync(out, { recursive: true });
  const raw = join(out, 'samples.jsonl');
  writeFileSync(raw, '');
  const taken: Sample[] = [];
  const steps = interleaved(cells, seed).filter(({ subject }) => all[subject]);
  for (const [number, step] of steps.entries()) {
    signal.throwIfAborted();
    const sample = await measure(world, step, all[step.subject]!, number);
    taken.push(sample);
    appendFileSync(raw, `${JSON.stringify(sample)}\n`);
    const { told } = sample;
    const how = told ? `${((told.result - told.started) / 1000).toFixed(2)} s` : '';
    say(
      `${number + 1}/${steps.length} ${WORKLOADS[step.workload]}, ${SUBJECTS[step.subject]}: ${sample.error ?? how}${step.warmUp ? ' (warm-up)' : ''}`,
    );
  }
  const results: Results = {
    date,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    seed,
    machine: description,
    figures: figuresOf(taken),
    idle,
    missing,
    waiting: undefined,
    scale: [],
  };
  const write = (more: Partial<Results>) => {
    Object.assign(results, more);
    writeFileSync(join(out, 'table.md'), report(results));
    writeFileSync(join(out, 'plot.svg'), plot(results.figures, `temporal-pods bench, ${date}`));
  };
  write({});
  if (waits && ours) {
    say(`${WAITING_PODS} waiting pods`);
    write({ waiting: await waiting(world, ours, given.quick ? 75 : 300) });
  }
  if (given.scale || given['scale-only']) {
    started.adopt(await abortable(startKwok({ ...where, cache, say }), signal), (close) => close());
    const waitMs = given.quick ? 75_000 : 300_000;
    write({ scale: await scaleRows({ ...world, pods: scalePods, waitMs, namespace, say }) });
  }
  console.log(report(results));
  say(`written to ${out}`);
  return 0;
}

async function untilGone(kubeconfig: string, context: string, names: readonly string[]): Promise<void> {
  const kube = new Kube(kubeconfig, context);
  try {
    for (const name of names)
      for (let end = Date.now() + 120_000; ; await sleep(500)) {
        if ((await kube.call('GET', `/api/v1/namespaces/${name}`)).status === 404) break;
        if (Date.now() > end) throw new Error(`the namespace ${name} is still being deleted`);
      }
  } finally {
    kube.close();
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    // The second time it ends at once, and leaves what it has started.
    process.once(name, () => stop.abort(infrastructure('stopped; what was started is being ended')));
  await main(() => bench(stop.signal, (words) => console.error(words)));
}
