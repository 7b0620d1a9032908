/** The pods of a simulation: as the `runPod` activity would tell of them, but no pod is there. What they mean is judged by the product's own code. */
import type { V1Pod } from '@kubernetes/client-node';
import { failNow, podFailure } from '../activities/failure.ts';
import { parseSpec } from '../activities/request.ts';
import { withTrouble, type Found } from '../activities/result/found.ts';
import { judge } from '../activities/result/judge.ts';
import { fromMessage } from '../activities/result/from-message.ts';
import { sourceOf } from '../activities/result/read-result.ts';
import { messageOf } from '../common/message-of.ts';
import { defined } from '../common/defined.ts';
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_TIMEOUTS, mainContainerName } from '../contract/defaults.ts';
import {
  type Cleanup,
  type ConfirmPodsInput,
  type DeletePodInput,
  OUTCOME_KINDS,
  type OutcomeKind,
  type PodOutcome,
  type PodResult,
  type PodSpec,
  type RunPodInput,
  type Unconfirmed,
} from '../contract/index.ts';
import { keptFor, runsOnFor, untilAfter } from '../pod/keeping.ts';
import { outcomeOf } from '../pod/outcome.ts';
import { type ActivityAnswer, type ActivityCall, type ActivityEnd, SimulationError } from '../simulation/outside.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import { Fails, type Cast, type Ends, type FailureOptions, type PodEnding } from './stand-ins.ts';

type Pod = { -readonly [Key in keyof SimulatedPod]: SimulatedPod[Key] };

const DEFAULT_TAKES = '1s';
/** From a cancel to the end of a pod. */
const TAKES_TO_STOP_MS = 1_000;
/** Kubernetes keeps so much of a termination message, from its end. */
const MESSAGE_BYTES = 4096;

/** Mostly nothing has run when a pod ends so. */
const NEVER_STARTED: readonly OutcomeKind[] = [
  'ContainerCannotRun',
  'InvalidImage',
  'ImagePullFailed',
  'ContainerConfigError',
  'PodRejected',
  'QuotaExceeded',
  'ScheduleTimeout',
  'StartTimeout',
];
const EXIT_CODES: Partial<Record<OutcomeKind, number>> = { ContainerFailed: 1, OOMKilled: 137, InitContainerFailed: 1 };

export class Pods {
  /** In the order of their starts. */
  readonly all: SimulatedPod[] = [];
  /** By the stand-ins that stood for them. */
  readonly byKey = new Map<string, SimulatedPod[]>();
  readonly #cast: Cast;
  readonly #now: () => number;
  /** By runId and name: what became of those that do not go. */
  readonly #staying = new Map<string, Cleanup>();

  constructor(cast: Cast, now: () => number) {
    this.#cast = cast;
    this.#now = now;
  }

  /** Undefined: it is no activity of ours. @throws SimulationError when nobody stands in for the pod */
  async answer(call: ActivityCall): Promise<ActivityAnswer | undefined> {
    const [input] = call.args;
    switch (call.activityType) {
      case 'runPod':
        return this.#run(input as RunPodInput, call);
      case 'deletePod':
        return soon({ result: this.#delete(input as DeletePodInput, call) });
      case 'confirmPods':
        return soon({ result: this.#confirm(input as ConfirmPodsInput, call) });
      default:
        return undefined;
    }
  }

  async #run(input: RunPodInput, call: ActivityCall): Promise<ActivityAnswer> {
    try {
      parseSpec(input.spec, undefined);
    } catch (failure) {
      return soon({ failure: failure as Error });
    }
    const pod: Pod = {
      name: call.activityId,
      task: input.task,
      spec: input.spec,
      try: input.try,
      after: input.after,
      workflowId: call.workflowId,
      runId: call.runId,
      startedAt: new Date(call.scheduledAt),
      state: 'running',
    };
    const ending = this.#endingOf(pod);
    this.all.push(pod);
    const options = ending instanceof Fails ? ending.options : ending;
    const after = lengthOf(pod, options);
    const { end, state, kind } = await endOf(pod, ending, {
      beside: input.removal === 'beside',
      endsAt: this.#now() + after,
    });
    const over = (ends: Pick<Pod, 'state'>) => Object.assign(pod, ends, { endedAt: new Date(this.#now()) });
    if ((options as FailureOptions).gone === false) this.#staying.set(keyOf(call, pod.name), STAYS);
    return {
      end,
      after,
      onEnd: () => over({ state, ...(kind !== undefined && { kind }) }),
      onCancel: () => ({
        end: { cancelled: [this.#cancelledFacts(pod)] },
        after: TAKES_TO_STOP_MS,
        onEnd: () => over({ state: 'cancelled' }),
      }),
    };
  }

  #endingOf(pod: Pod): PodEnding {
    const key = this.#cast.keyFor(pod.task);
    if (key === undefined)
      throw new SimulationError(
        `nobody stands in for pod '${pod.name}': give '${pod.task}' a stand-in${this.#cast.hint(pod.task)}`,
      );
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), pod]);
    try {
      return this.#cast.next(key, pod);
    } catch (error) {
      throw new SimulationError(messageOf(error));
    }
  }

  #cancelledFacts({ name, spec, runId }: Pod) {
    const cleanup: Cleanup =
      spec.onCancel === 'keep' ? { gone: false, kept: untilAfter(runsOnFor(spec), this.#now()) } : { gone: true };
    return { pod: refOf(spec, name, runId), cleanup, logs: logsOf(name, {}) };
  }

  #delete({ activityId, mode, keepUntil }: DeletePodInput, call: ActivityCall): Cleanup {
    const stays = this.#staying.get(keyOf(call, activityId));
    if (stays) return stays;
    return mode === 'keep' && keepUntil !== undefined ? { gone: false, kept: keepUntil } : { gone: true };
  }

  #confirm({ pods }: ConfirmPodsInput, call: ActivityCall): Unconfirmed {
    const stays = pods.flatMap(({ activityId }) => {
      const cleanup = this.#staying.get(keyOf(call, activityId));
      return cleanup ? [[activityId, cleanup] as const] : [];
    });
    return Object.fromEntries(stays);
  }
}

const STAYS: Cleanup = { gone: false, error: 'its stand-in says that it does not go' };
const soon = (end: ActivityEnd): ActivityAnswer => ({ end, after: 0 });
const keyOf = ({ runId }: ActivityCall, name: string) => `${runId} ${name}`;

/** A stand-in says how its pod ends, and deadlines are ends. @throws SimulationError when it takes longer than it may */
function lengthOf({ name, spec }: Pod, { takes = DEFAULT_TAKES }: Ends): number {
  const length = milliseconds(takes);
  const { run, total = DEFAULT_TIMEOUTS.total } = spec.timeouts ?? {};
  for (const [limit, most] of Object.entries({ run, total }))
    if (most !== undefined && length > milliseconds(most))
      throw new SimulationError(
        `the stand-in of '${name}' takes ${takes}, more than its timeouts.${limit} of ${most}: let it be fails('DeadlineExceeded', { takes: '${most}' })`,
      );
  return length;
}

interface Judged {
  readonly end: ActivityEnd;
  readonly state: SimulatedPod['state'];
  readonly kind?: string;
}

async function endOf(
  pod: Pod,
  ending: PodEnding,
  { beside, endsAt }: { beside: boolean; endsAt: number },
): Promise<Judged> {
  const { spec, name, runId } = pod;
  const options: FailureOptions = ending instanceof Fails ? ending.options : ending;
  if (ending instanceof Fails && !isOutcome(ending.kind)) {
    const message = options.message ?? `the stand-in of '${name}' says so`;
    return { end: { failure: failNow(ending.kind, message) }, state: 'failed', kind: ending.kind };
  }
  const { outcome, output, problem } =
    ending instanceof Fails ? { outcome: outcomeOfFails(ending), output: options.output } : await judged(spec, ending);
  const { kind } = outcome;
  const isGood = kind === 'Succeeded' || kind === 'Skipped';
  const keptMs = keptFor(spec, kind);
  const cleanup: Cleanup =
    keptMs !== undefined
      ? { gone: false, kept: untilAfter(keptMs, endsAt) }
      : isGood && beside && !spec.waitForRemoval
        ? { gone: false, removing: true }
        : options.gone === false
          ? STAYS
          : { gone: true };
  const iso = (time: Date | number) => new Date(time).toISOString();
  const facts = {
    times: {
      created: iso(pod.startedAt),
      ...(outcome.startedEver && { scheduled: iso(pod.startedAt), started: iso(pod.startedAt) }),
      finished: iso(endsAt),
    },
    logs: logsOf(name, options),
    ...(problem !== undefined && { problems: [problem] }),
    cleanup,
  };
  const ref = refOf(spec, name, runId);
  const node = options.node ?? (outcome.startedEver ? 'node-1' : undefined);
  if (!isGood)
    return {
      end: { failure: podFailure(outcome, { ...facts, pod: ref, node, ...(output !== undefined && { output }) }) },
      state: 'failed',
      kind,
    };
  const result: PodResult = {
    outcome: kind,
    exitCode: outcome.exitCode ?? 0,
    output,
    pod: { ...ref, ...(node !== undefined && { node }) },
    ...facts,
  };
  return { end: { result }, state: kind === 'Skipped' ? 'skipped' : 'succeeded' };
}

const isOutcome = (kind: string): kind is OutcomeKind => (OUTCOME_KINDS as readonly string[]).includes(kind);

function outcomeOfFails({ kind, options }: Fails): PodOutcome {
  const outcome = kind as OutcomeKind;
  const {
    startedEver = !NEVER_STARTED.includes(outcome),
    exitCode = EXIT_CODES[outcome],
    reason,
    message,
    container,
  } = options;
  return defined<PodOutcome>({ kind: outcome, startedEver, exitCode, reason, message, container });
}

/** What its exit code means, and whether what it left is a result. */
async function judged(
  spec: PodSpec,
  { exitCode = 0, output }: Ends,
): Promise<{ outcome: PodOutcome; output?: unknown; problem?: string | undefined }> {
  const main = mainContainerName(spec);
  const text = output === undefined ? '' : JSON.stringify(output);
  const pod = endedPod(main, exitCode, text);
  const outcome = outcomeOf(pod, main, { finishedByItself: true }, spec.exitCodes)!;
  if (outcome.kind === 'Skipped') return { outcome };
  const succeeded = outcome.kind === 'Succeeded';
  const { schema, ...unchecked } = sourceOf(spec);
  const source = succeeded ? sourceOf(spec) : { ...unchecked, required: false };
  const found: Found =
    source.from === 'terminationMessage'
      ? fromMessage(pod, main, spec.result !== undefined)
      : text === ''
        ? { found: 'nothing', where: 'its stand-in has no output' }
        : { found: 'text', text };
  const end = await judge(found, source);
  if ('trouble' in end) return { outcome: succeeded ? withTrouble(outcome, end.trouble) : outcome };
  return 'json' in end ? { outcome, output: end.value } : { outcome, problem: end.problem };
}

/** As Kubernetes would tell of it. */
function endedPod(main: string, exitCode: number, text: string): V1Pod {
  const at = new Date(1_000);
  const message = Buffer.from(text).subarray(-MESSAGE_BYTES).toString();
  const terminated = {
    exitCode,
    startedAt: at,
    finishedAt: at,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    message,
  };
  const status = { name: main, image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } };
  return {
    spec: { containers: [{ name: main }] },
    status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [status] },
  };
}

const refOf = ({ namespace = 'default' }: PodSpec, name: string, runId: string) => ({
  namespace,
  name: name.toLowerCase(),
  uid: `${runId}-${name}`,
});

function logsOf(name: string, { tail = '' }: Ends) {
  const lines = tail === '' ? 0 : tail.trimEnd().split('\n').length;
  return { uri: `file:///simulated/${name}`, lines, bytes: Buffer.byteLength(tail), gaps: 0, tail };
}
