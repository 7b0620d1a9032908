/** One sample, and the count of waiting pods. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/common/message-of.ts';
import { apiRequests, cpuOf, forgetPeak, growth, memoryOf, temporalCalls, total, type Counts } from './measures.ts';
import type { Step } from './plan.ts';
import type { Waiting } from './report.ts';
import type { Sample } from './sample.ts';
import type { Subject, Told } from './subject.ts';
import { abortable, type World } from './world.ts';
import { workOf } from './workloads.ts';

const LIMIT_MS = 10 * 60_000;
const GONE_WITHIN_MS = 90_000;
/** Of a flood's lines, every so many-th is written down. */
const LINES_KEPT = 1_000;
/** Where it is counted what the servers were asked: each sample costs two readings of all of their metrics. */
const COUNTED = ['echo', 'fan'];

/** Ends when all of its pods are gone, so that none meets the next one. What fails is told in the sample. @throws when the bench is stopped */
export async function measure(world: World, step: Step, subject: Subject, number: number): Promise<Sample> {
  const { watching, signal, images } = world;
  const { pid } = subject;
  const work = workOf(step.workload, images);
  const counted = COUNTED.includes(step.workload);
  const before = counted ? await asked(world) : undefined;
  await sleep(step.delayMs, undefined, { signal });
  const cpu = pid === undefined ? 0 : cpuOf(pid);
  if (pid !== undefined) forgetPeak(pid);
  const since = Date.now();
  const sample = { number, ...step };
  try {
    const told = await abortable(inTime(subject.run(work)), signal);
    const pods = await abortable(watching.until('gone', since, work.pods, GONE_WITHIN_MS), signal);
    const cost = pid === undefined ? {} : { cost: { cpu: cpuOf(pid) - cpu, peak: memoryOf(pid).peak } };
    const after = counted ? await asked(world) : undefined;
    const { temporal } = after ?? {};
    return {
      ...sample,
      pods,
      told: short(told),
      ...cost,
      ...(before && after && { api: growth(before.api, after.api) }),
      ...(before?.temporal && temporal && step.subject === 'ours' && { temporal: growth(before.temporal, temporal) }),
      ...(pods.length !== work.pods && { error: `the observer saw ${pods.length} pods instead of ${work.pods}` }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ...sample, pods: await watching.podsSince(since), error: messageOf(error) };
  }
}

/** What everybody has asked the servers so far. */
async function asked({ servers, temporalNamespace }: World): Promise<{ api: Counts; temporal: Counts | undefined }> {
  const temporal = await servers.temporal();
  return {
    api: apiRequests(await servers.kubernetes()),
    temporal: temporal === undefined ? undefined : temporalCalls(temporal, temporalNamespace),
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(LIMIT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not done within ${LIMIT_MS / 60_000} minutes`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

function short({ lines, ...times }: Told): NonNullable<Sample['told']> {
  return {
    ...times,
    lines: lines.filter(([line]) => line % LINES_KEPT === 0 || lines.length <= LINES_KEPT),
    linesSeen: new Set(lines.map(([line]) => line)).size,
    ...(lines.length > 0 && { lastLine: lines.reduce((latest, [, , seen]) => Math.max(latest, seen), 0) }),
  };
}

const WAITING_PODS = 20;
/** Longer than what is counted, so that none ends meanwhile. */
const LONGER_SECONDS = 10;

/** Pods that do nothing: what they cost Temporal. */
export async function countWaiting(world: World, ours: Subject & { pid: number }, seconds: number): Promise<Waiting> {
  const { watching, images, signal } = world;
  const since = Date.now();
  forgetPeak(ours.pid);
  const command = ['sleep', String(seconds + LONGER_SECONDS)];
  const ended = ours.run({ pods: WAITING_PODS, atOnce: true, image: images.shell, command, lines: 0 });
  ended.catch(() => undefined);
  await abortable(watching.until('running', since, WAITING_PODS, LIMIT_MS), signal);
  const before = (await asked(world)).temporal;
  await sleep(seconds * 1000, undefined, { signal });
  const after = (await asked(world)).temporal;
  await abortable(ended, signal);
  const more = before && after && growth(before, after);
  return {
    pods: WAITING_PODS,
    seconds,
    heartbeats: more && (more['RecordActivityTaskHeartbeat'] ?? 0),
    calls: more && total(more),
    peak: memoryOf(ours.pid).peak,
  };
}
