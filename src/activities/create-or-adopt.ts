/**
 * One pod per execution of the activity: the one that an earlier attempt created is adopted. No container of it runs before
 * Temporal has its uid; so a pod created by an attempt that was frozen, superseded or terminated stays behind its gate.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { isSettled, type PodRef } from '../contract/index.ts';
import { ClusterError, isClusterError, retryAfterMs } from '../kubernetes/cluster-error.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { Backoff } from '../common/retry.ts';
import { activityHash, isGated, keyOf, LABEL, refOf, belongsTo } from '../pod/identity.ts';
import { graceOf } from '../pod/deadlines.ts';
import { isInterruption, type Attempt } from './attempt.ts';
import type { PodRun } from './pod-run.ts';
import { stateOfRun } from './run-state.ts';
import { failNow } from './failure.ts';
import { removePod } from './remove-pod.ts';

/** A POST is sent only by an attempt that Temporal acknowledged this recently. */
const FRESH_MS = 10_000;

/**
 * Follows the pod of this activity: the recorded one, one that an earlier attempt made, or a new one; past its gate, unless it
 * was deleted before. `undefined`: it is gone.
 */
export async function createOrAdopt(run: PodRun): Promise<PodWatcher | undefined> {
  const { attempt } = run;
  const known = attempt.recorder.state.pod;
  const pod = known ? await readAgain(attempt, known) : await adoptOrCreate(attempt);
  // A pod of our name that is not ours was not made by this activity, whatever the record says.
  if (!pod || (known && (known.uid !== pod.metadata?.uid || !belongsTo(pod, attempt.key)))) return undefined;
  const isToldOf = isGated(pod) && (await isTold(attempt, pod));
  // From before its gate opens: its last word, if it is deleted, tells whether it ever ran.
  const watcher = run.watch(pod);
  const ref = refOf(pod);
  if (!known) await attempt.mustRecord({ pod: ref, phase: pod.status?.phase ?? 'Pending', reason: 'Created' });
  if (!pod.metadata?.deletionTimestamp && isGated(pod)) {
    await mustBeAlone(attempt, isToldOf);
    await openGate(attempt, ref, watcher);
  }
  return watcher;
}

/** Takes the gate away. Only after this may a container run. */
async function openGate(attempt: Attempt, ref: PodRef, watcher: PodWatcher): Promise<void> {
  await attempt.persist(`opening the gate of pod ${ref.name}`, async () => {
    try {
      watcher.take(await attempt.cluster.ungatePod(ref));
    } catch (error) {
      if (!isClusterError(error, 'notFound') && !isClusterError(error, 'conflict')) throw error;
      // It is gone: the watch has its last word.
      watcher.doubt();
    }
  });
}

const readAgain = (attempt: Attempt, { namespace, name }: PodRef) =>
  attempt.persist(`reading pod ${name}`, () => attempt.cluster.readPod(namespace, name), { mayWork: true });

/** Undefined: there is none, and an unreadable record may have told of one that has run. */
async function adoptOrCreate(attempt: Attempt): Promise<V1Pod | undefined> {
  const { cluster, namespace, podName: name } = attempt;
  let manifest: V1Pod | undefined;
  let alone = false;
  let why = 'no worker had a slot for it before';
  let quota = false;
  const backoff = new Backoff({ firstMs: 500, mostMs: 15_000 });
  let final: Error | undefined;
  // The POST of a first attempt tells as well whether there is a pod. After an activity reset, which makes an attempt the first
  // again, there is one: whatever refuses the POST then, what works already is not judged by newer rules, or by the time.
  for (let looks = attempt.mayHaveCreated; ; looks = true) {
    // An earlier attempt's POST, or our own whose answer was lost.
    const there = looks
      ? await attempt.persist(`looking for pod ${name}`, () => cluster.readPod(namespace, name))
      : undefined;
    if (there && isOursAtWork(attempt, there)) return there;
    if (!there && final !== undefined) throw final;
    if (!there && attempt.unreadable !== undefined) return undefined;
    try {
      manifest ??= await attempt.compose();
      if (there) {
        if (await adopt(attempt, there, manifest)) return there;
        continue;
      }
      attempt.throwIfLateToCreate(why, quota);
      if (!alone) await removeEarlierRuns(attempt);
      alone = true;
      if (attempt.recorder.sinceAcknowledged > FRESH_MS) await attempt.mustStand(await attempt.recorder.ask());
      return await cluster.createPod(namespace, manifest);
    } catch (error) {
      final = refusal(attempt, error);
      if (final !== undefined && (looks || isInterruption(final))) throw final;
      why = messageOf(error);
      quota = isClusterError(error, 'quota');
      attempt.recorder.note({ phase: 'Pending', reason: why });
      // 409: there is a pod after all, so look at once.
      if (final === undefined && !isClusterError(error, 'alreadyExists'))
        await pause(Math.max(backoff.next(), retryAfterMs(error) ?? 0), attempt.signal);
      await attempt.throwIfInterrupted();
    }
  }
}

/** The failure that nothing can help; undefined for a refusal that may pass. */
function refusal(attempt: Attempt, error: unknown): Error | undefined {
  if (!(error instanceof ClusterError)) return error as Error;
  switch (error.kind) {
    case 'invalid':
      return failNow('InvalidSpec', `the API server refuses the pod: ${error.message}`, attempt.nothingCreated());
    case 'unauthorized':
    case 'quota':
      return undefined;
    case 'forbidden':
      return failNow('Forbidden', error.message, attempt.nothingCreated());
    case 'namespaceNotFound':
      return failNow('NamespaceNotFound', error.message, attempt.nothingCreated());
    default:
      attempt.createIsInDoubt();
      return undefined;
  }
}

/**
 * A workflow reset starts the same activity in a new run, while the old run's pod may still be there. Before the create, as far as
 * the watch has told: what they take of a quota is free then.
 */
async function removeEarlierRuns(attempt: Attempt): Promise<void> {
  await listed(attempt);
  await removeAll(attempt, attempt.reflector.find(isOfEarlierRun(attempt)));
}

/** Whether the watch has told all that happened up to this state of the pod. */
const isTold = ({ reflector, waits }: Attempt, { metadata }: V1Pod): Promise<boolean> =>
  reflector.reaches(metadata?.resourceVersion, waits.told);

/**
 * Before the gate: a watch that has come to our pod's own birth has told of every pod before it, so this costs no request. A watch
 * that does not get there (half-open, or far behind) is not believed, and the API server is asked.
 */
async function mustBeAlone(attempt: Attempt, isToldOf: boolean): Promise<void> {
  const { key, cluster, namespace, reflector } = attempt;
  const list = () => cluster.listPods(namespace, `${LABEL.activity}=${activityHash(key)}`);
  const isOther = isOfEarlierRun(attempt);
  const others = isToldOf
    ? reflector.find(isOther)
    : (await attempt.persist('looking for pods of earlier runs', list)).items.filter(isOther);
  await removeAll(attempt, others);
}

function isOfEarlierRun({ key }: Attempt): (pod: V1Pod) => boolean {
  const hash = activityHash(key);
  return (pod) => pod.metadata?.labels?.[LABEL.activity] === hash && keyOf(pod)?.runId !== key.runId;
}

async function removeAll(attempt: Attempt, others: readonly V1Pod[]): Promise<void> {
  const { cluster, signal, waits } = attempt;
  for (const pod of others) {
    const theirs = keyOf(pod);
    while (theirs) {
      const standing = await stateOfRun(attempt.context.client, theirs);
      const expectSeconds = graceOf(pod);
      if (standing === 'unknown') await pause(1_000, attempt.signal);
      else if (standing !== 'closed') break;
      else if (isSettled(await removePod(cluster, refOf(pod), { expectSeconds, heldMs: waits.held, signal }))) break;
      await attempt.throwIfInterrupted();
      attempt.throwIfLateToCreate(`pod ${pod.metadata?.name} of the earlier run ${theirs.runId} is still there`);
    }
  }
}

/** Resolves when the shared watch has listed the pods; a namespace that cannot be listed ends as a late create. */
async function listed(attempt: Attempt): Promise<void> {
  const done = new AbortController();
  const ready = attempt.reflector.ready().finally(() => done.abort());
  await Promise.race([
    ready,
    pause(attempt.limits.schedule - Date.now(), AbortSignal.any([attempt.signal, done.signal])),
  ]);
  await attempt.throwIfInterrupted();
  if (!done.signal.aborted) attempt.throwIfLateToCreate('the pods of its namespace cannot be listed');
}

/**
 * By its full key, and past the gate that only we open, after its uid was recorded: Temporal has forgotten (an activity reset), the
 * pod works. Whoever may create pods in this namespace could make one like it; who may do that is trusted with the namespace.
 */
const isOursAtWork = ({ key }: Attempt, pod: V1Pod): boolean => belongsTo(pod, key) && !isGated(pod);

/**
 * A pod under our name that has not run: ours by its full key, if it is what we would make now; a stranger's is never touched.
 * False: it was ours, of an older template, policy or callback; it is gone now.
 */
async function adopt(attempt: Attempt, pod: V1Pod, manifest: V1Pod): Promise<boolean> {
  const { key, main, cluster } = attempt;
  const ours = belongsTo(pod, key);
  if (ours && whatRuns(pod, main) === whatRuns(manifest, main)) return true;
  if (ours) {
    const expectSeconds = graceOf(pod);
    for (;;) {
      const { gone, error } = await removePod(cluster, refOf(pod), { expectSeconds, signal: attempt.signal });
      if (gone) return false;
      await attempt.throwIfInterrupted();
      attempt.throwIfLateToCreate(`pod ${pod.metadata?.name} was made by an older worker: ${error}`);
    }
  }
  throw failNow(
    'PodNameConflict',
    `pod ${pod.metadata?.namespace}/${pod.metadata?.name} exists and is not of this task; delete it or find out who made it`,
  );
}

function whatRuns(pod: V1Pod, main: string): string {
  const container = pod.spec?.containers.find(({ name }) => name === main);
  // The API server leaves empty lists out.
  return JSON.stringify([container?.image, container?.command ?? [], container?.args ?? []]);
}
