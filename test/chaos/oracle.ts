/**
 * The judges. They know what the pods printed, what the observer saw and what Temporal answers, and nothing of how the product works:
 * no pod is left, no work is done twice, nothing is called what it was not, no line is lost or told twice without a mark.
 */
import type { Measured } from './figures.ts';
import type { Seen } from './observer.ts';
import { readLines, type Printed } from './pods.ts';
import type { RunFacts } from './round.ts';

export interface Verdict {
  orphans: string[];
  doubled: string[];
  /** Lines, with no word in the log about it. */
  lost: number;
  /** Lines, where the log or the result says that some are missing. */
  marked: number;
  /** Last lines of a run that was terminated, or reset: there is no end that could tell of them. */
  abandoned: number;
  repeated: number;
  wrong: string[];
  /** What the counts are about. */
  notes: string[];
  /** Milliseconds: the longest time for which the stored log stood still while the pod printed. */
  silence: number;
  /** Milliseconds: from the end of the pod to the end of the run. */
  lateEnd: number | undefined;
  /** Of a run that nothing else has met. */
  measured: Measured[];
  lines: number;
}

export const isBad = ({ orphans, doubled, lost, repeated, wrong }: Verdict): boolean =>
  orphans.length + doubled.length + lost + repeated + wrong.length > 0;

export function judge(facts: RunFacts, replayError: string | undefined): Verdict {
  const printed = new Map(facts.seen.map((seen) => [seen.uid, readLines(seen.lines)]));
  const lines = judgeLines(facts, printed);
  return {
    orphans: orphansOf(facts),
    doubled: doubledOf(facts, printed),
    ...lines,
    wrong: [...wrongOf(facts, printed), ...(replayError === undefined ? [] : [`does not replay: ${replayError}`])],
    silence: silenceOf(facts),
    lateEnd: lateEndOf(facts),
    measured: measuredOf(facts),
  };
}

const isKept = ({ pod }: Seen) => pod.metadata.annotations?.['temporal-pods/keep-until'] !== undefined;

/** What the observer sees comes a moment after it is so. */
const SEEN_WITHIN_MS = 2_000;

function orphansOf({ orphans, seen, end, closedAt }: RunFacts): string[] {
  const left = orphans.map((name) => `${name} was left for good`);
  // A terminated run ends at once; every other one only when its pod has gone.
  if (end.status === 'TERMINATED' || end.status === 'RUNNING') return left;
  const late = seen.filter((one) => !isKept(one) && (one.goneAt ?? Infinity) > closedAt + SEEN_WITHIN_MS);
  return [...left, ...late.map(({ name }) => `${name} was there after its run had ended`)];
}

/** Within one run one pod may work; over the runs that a reset makes, one at a time. */
function doubledOf({ seen }: RunFacts, printed: ReadonlyMap<string, Printed>): string[] {
  const found: string[] = [];
  const ran = seen.filter(({ ranAt, lines }) => ranAt !== undefined || lines.length > 0);
  const byRun = Map.groupBy(ran, ({ key }) => `${key?.runId}/${key?.activityId}`);
  for (const [run, pods] of byRun)
    if (pods.length > 1) found.push(`${pods.length} pods worked for one task of run ${run}`);
  const spans = ran
    .map(({ uid, name }) => ({ name, from: printed.get(uid)?.firstNs, to: printed.get(uid)?.lastNs }))
    .filter((span) => span.from !== undefined)
    .sort((a, b) => Number((a.from ?? 0n) - (b.from ?? 0n)));
  for (const [index, { name, to }] of spans.entries()) {
    const next = spans[index + 1];
    if (next && (next.from ?? 0n) < (to ?? 0n))
      found.push(`${next.name} began ${Number((to ?? 0n) - (next.from ?? 0n)) / 1e9} s before ${name} had ended`);
  }
  return found;
}

function judgeLines({ seen, stored, end, runIds }: RunFacts, printed: ReadonlyMap<string, Printed>) {
  const told = end.result?.logs.unstored ?? end.failure?.details?.logs?.unstored ?? false;
  const sum = { lost: 0, marked: 0, abandoned: 0, repeated: 0, lines: 0, notes: [] as string[] };
  for (const one of seen) {
    const truth = printed.get(one.uid);
    if (!truth || one.lines.length === 0) continue;
    const log = stored.find(({ uid }) => uid === one.uid);
    const { numbers, torn } = readLines(log?.lines ?? []);
    const highest = Math.max(0, ...numbers.keys());
    const isTerminated = end.status === 'TERMINATED' || one.key?.runId !== runIds.at(-1);
    const missing = [...truth.numbers.keys()].filter((number) => !numbers.has(number));
    const holes = Array.from({ length: highest }, (_, index) => index + 1).filter((number) => !numbers.has(number));
    const all = [...new Set([...missing, ...holes])];
    const abandoned = isTerminated ? all.filter((number) => number > highest).length : 0;
    const lost = all.length - abandoned + torn.length;
    const repeated = [...numbers.values()].reduce((all, times) => all + times - 1, 0);
    sum.abandoned += abandoned;
    sum.lines += numbers.size;
    sum.repeated += repeated;
    if (told || (log && log.gaps.length > 0)) sum.marked += lost;
    else sum.lost += lost;
    if (lost + repeated > 0)
      sum.notes.push(
        `${one.name}: printed ${truth.numbers.size}, stored ${numbers.size}, lost ${lost}, repeated ${repeated}, torn ${torn.length}` +
          `${log ? '' : ', no stored log'}, complete ${log?.ended ?? false}, marks ${JSON.stringify(log?.gaps ?? [])}` +
          (torn.length > 0 ? `, e.g. ${JSON.stringify(torn[0])}` : ''),
      );
  }
  return sum;
}

/** What a run may say, by what really happened. */
function wrongOf(facts: RunFacts, printed: ReadonlyMap<string, Printed>): string[] {
  const { plan, end, seen, stored, met, runIds } = facts;
  const found = facts.crashes.map((words) => `a worker ended by itself: ${words}`);
  const { status, result, failure } = end;
  const last = seen.filter(({ key }) => key?.runId === runIds.at(-1));
  const done = last.some(({ uid }) => printed.get(uid)?.done);
  const has = (...kinds: string[]) => kinds.some((kind) => met.has(kind));
  const lostNode = has('node lost, then back', 'node lost and deleted');
  const disturbed = lostNode || has('pod deleted by somebody else', 'pod evicted');
  const taken = ['PodDeleted', 'PodDisrupted', ...(lostNode ? ['NodeLost', 'OutcomeUnknown'] : [])];
  switch (status) {
    case 'COMPLETED':
      if (!done) found.push('Succeeded, and its pod did not come to its end');
      if (plan.pod.exit !== 0) found.push(`Succeeded with exit code ${plan.pod.exit}`);
      if (result?.outcome !== 'Succeeded') found.push(`outcome ${result?.outcome}`);
      if ((result?.output as { lines?: number } | undefined)?.lines !== plan.pod.lines)
        found.push(`its result is ${JSON.stringify(result?.output)}, not ${plan.pod.lines} lines`);
      break;
    case 'FAILED': {
      const type = failure?.type ?? '';
      if (done && plan.pod.exit === 0 && !disturbed) found.push(`failed, and did all its work: ${type}`);
      else if (done && !disturbed && (type !== 'ContainerFailed' || failure?.details?.exitCode !== plan.pod.exit))
        found.push(`exit code ${plan.pod.exit} is told as ${type} ${failure?.details?.exitCode}`);
      else if (!done && !disturbed) found.push(`failed for no reason: ${type}: ${failure?.message.slice(0, 300)}`);
      else if (!done && !taken.includes(type)) found.push(`taken away, told as ${type}`);
      break;
    }
    case 'CANCELLED':
      if (!has('run cancelled')) found.push('Cancelled by nobody');
      break;
    case 'TERMINATED':
      if (!has('run terminated')) found.push('Terminated by nobody');
      break;
    case 'RUNNING':
      found.push('it did not end');
      break;
    default:
      found.push(`${status} for no reason`);
  }
  // What is told of the log is what is in it. A container that did not start has none.
  const told = result?.logs ?? failure?.details?.logs;
  const uid = result?.pod.uid ?? failure?.details?.pod?.uid;
  const log = stored.find((one) => one.uid === uid);
  if (told && log && told.lines !== log.lines.length)
    found.push(`it tells of ${told.lines} lines, and ${log.lines.length} are stored`);
  // A storage that refuses lines takes no mark either.
  if (told && log && !told.unstored && told.gaps > 0 !== log.gaps.length > 0)
    found.push(`it tells of ${told.gaps} gaps, and ${log.gaps.length} are marked`);
  return found;
}

/** While the pod printed, its own pauses apart. */
function silenceOf({ growth, seen, plan }: RunFacts): number {
  const [first] = seen.filter(({ ranAt }) => ranAt !== undefined);
  const from = first?.ranAt;
  if (from === undefined) return 0;
  const until = Math.min(...seen.map(({ endedAt, deletingAt, goneAt }) => endedAt ?? deletingAt ?? goneAt ?? Infinity));
  const moments = [from, ...growth.map(({ at }) => at).filter((at) => at > from && at < until)];
  if (Number.isFinite(until)) moments.push(until);
  const longest = Math.max(0, ...moments.slice(1).map((at, index) => at - (moments[index] ?? at)));
  return Math.max(0, longest - plan.pod.pauseMs);
}

function lateEndOf({ seen, end, closedAt }: RunFacts): number | undefined {
  const endedAt = seen.at(-1)?.endedAt;
  return end.status === 'COMPLETED' && endedAt !== undefined ? closedAt - endedAt : undefined;
}

const WORKER_GONE = { killed: 'worker killed', stopped: 'worker told to stop' } as const;

/** What else goes on would be measured, too. */
function measuredOf({ met, actedAt, seen, handovers }: RunFacts): Measured[] {
  const [only] = met;
  if (met.size !== 1) return [];
  const goneOn = handovers
    .filter(({ figure, wentOnAt }) => WORKER_GONE[figure] === only && wentOnAt !== undefined)
    .map(({ figure, at, wentOnAt }) => ({ figure, ms: (wentOnAt ?? at) - at }));
  if (only !== 'run cancelled' || actedAt === undefined) return goneOn;
  // One that was there and at work: what has ended is deleted anyway.
  const pod = seen.find(({ createdAt, endedAt = Infinity }) => createdAt < actedAt && endedAt > actedAt);
  if (pod?.deletingAt === undefined || pod.deletingAt < actedAt) return goneOn;
  return [...goneOn, { figure: 'cancelled', ms: pod.deletingAt - actedAt }];
}
