/** The part with stand-in pods: what one worker and one Temporal bear. Each row has a worker of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/common/message-of.ts';
import { cpuOf, forgetPeak, growth, memoryOf, temporalCalls, total, type Counts } from './measures.ts';
import { standIn } from './kwok.ts';
import { perPodHour, type ScaleRow } from './report.ts';
import { startTemporalPods, type TemporalPods } from './temporal-pods.ts';
import { abortable, type World } from './world.ts';

const LIMIT_MS = 30 * 60_000;
/** So that a worker has put away what its start took. */
const SETTLE_MS = 5_000;

/** @param waitSeconds how long the waiting pods are watched for their heartbeats */
export async function scaleRows(world: World, pods: number, waitSeconds: number): Promise<ScaleRow[]> {
  const { signal, say } = world;
  const flows = Math.ceil(pods / 2);
  const cases: [string, number, (it: Measured) => Promise<Partial<ScaleRow>>][] = [
    [`one DAG of ${pods}`, pods, (it) => inRuns(it, 1, pods)],
    [`${flows} workflows of one pod`, flows, (it) => inRuns(it, flows, 1)],
    [`${pods} waiting pods, then cancelled`, pods, (it) => waiting(it, pods, waitSeconds)],
  ];
  const rows: ScaleRow[] = [];
  for (const [name, count, work] of cases) {
    signal.throwIfAborted();
    say(name);
    rows.push(await measured(world, name, count, work));
  }
  return rows;
}

interface Measured extends World {
  readonly subject: TemporalPods;
  readonly calls: () => Promise<Counts | undefined>;
}

async function measured(
  world: World,
  name: string,
  pods: number,
  work: (it: Measured) => Promise<Partial<ScaleRow>>,
): Promise<ScaleRow> {
  const { namespace, temporalNamespace, servers, signal } = world;
  const subject = await startTemporalPods({ namespace, temporalNamespace, maxPods: 2 * pods });
  try {
    await sleep(SETTLE_MS, undefined, { signal });
    const calls = async () => {
      const text = await servers.temporal();
      return text === undefined ? undefined : temporalCalls(text, temporalNamespace);
    };
    const idle = memoryOf(subject.pid).now;
    forgetPeak(subject.pid);
    const [cpu, before, begin] = [cpuOf(subject.pid), await calls(), Date.now()];
    let more: Partial<ScaleRow>;
    try {
      more = await abortable(work({ ...world, subject, calls }), signal);
    } catch (error) {
      signal.throwIfAborted();
      more = { error: messageOf(error) };
    }
    const after = await calls();
    return {
      name,
      pods,
      seconds: (Date.now() - begin) / 1000,
      idle,
      peak: memoryOf(subject.pid).peak,
      cpu: cpuOf(subject.pid) - cpu,
      calls: before && after ? total(growth(before, after)) : undefined,
      ...more,
    };
  } finally {
    await subject.close();
  }
}

/** So many runs of so many pods each, all at once. The time is until the last of them is closed. */
async function inRuns({ subject, watching }: Measured, runs: number, pods: number): Promise<Partial<ScaleRow>> {
  const since = Date.now();
  const one = async () => subject.follow(await subject.start({ spec: standIn(), pods, atOnce: true }), pods);
  await Promise.all(Array.from({ length: runs }, one));
  const seconds = (Date.now() - since) / 1000;
  const left = (await watching.podsSince(since)).filter(({ gone }) => gone === undefined);
  return { seconds, ...(left.length > 0 && { error: `${left.length} pods were there after the runs had closed` }) };
}

/** The time is until all run. */
async function waiting(it: Measured, pods: number, waitSeconds: number): Promise<Partial<ScaleRow>> {
  const { subject, watching, calls, say } = it;
  const since = Date.now();
  const run = await subject.start({ spec: standIn(true), pods, atOnce: true, maxParallel: pods });
  const seen = await watching.until('running', since, pods, LIMIT_MS);
  const running = seen.filter((pod) => pod.running !== undefined).length;
  if (running < pods) throw new Error(`only ${running} of ${pods} pods came to run`);
  const seconds = (Date.now() - since) / 1000;
  say(`all run after ${seconds.toFixed(1)} s; waiting for ${waitSeconds} s`);
  const before = await calls();
  await sleep(waitSeconds * 1000, undefined, { signal: it.signal });
  const after = await calls();
  const beats = before && after && (growth(before, after)['RecordActivityTaskHeartbeat'] ?? 0);
  const cancelled = Date.now();
  await run.cancel();
  const ended = await watching.until('gone', since, pods, LIMIT_MS);
  const gone = Math.max(...ended.map((pod) => pod.gone ?? Infinity));
  await run.result().catch(() => undefined);
  return {
    seconds,
    cancelSeconds: (gone - cancelled) / 1000,
    heartbeatsPerPodHour: beats === undefined ? undefined : perPodHour(beats, pods, waitSeconds),
  };
}
