/**
 * One line each that guards a promise, and what would be left of it. The tests that are named must notice. A text stands exactly once
 * in its file: where it does not any more, the list is out of date, which is a fault of its own.
 */
export interface Mutant {
  /** Below `src`, without its ending. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Below `test`, without their ending. */
  readonly tests: readonly string[];
}

const mutant = (file: string, from: string, to: string, ...tests: string[]): Mutant => ({ file, from, to, tests });

const CREATE = 'activities/create-or-adopt';
const REMOVE = 'activities/remove-pod';
const DELETE = 'activities/delete-pod';
const FOLLOW = 'activities/follow-pod';
const TRUST = 'activities/record-trust';
const ENDS = 'activities/ends';
const RUN = 'activities/run-pod';
const SWEEP = 'activities/sweep';
const OUTCOME = 'pod/pod-outcome/pod-outcome';

export const MUTANTS: readonly Mutant[] = [
  // No pod is left behind, and nobody else's is touched.
  mutant(
    CREATE,
    '(known.uid !== pod.metadata?.uid || !belongsTo(pod, attempt.key))',
    'known.uid !== pod.metadata?.uid',
    TRUST,
  ),
  mutant(CREATE, '      attempt.createIsInDoubt();\n', '', CREATE),
  mutant(CREATE, "else if (standing !== 'closed') break;", "else if (standing === 'closed') break;", CREATE),
  mutant(CREATE, 'belongsTo(pod, key) && !isGated(pod)', '!isGated(pod)', CREATE, RUN),
  mutant(
    REMOVE,
    'if (pod?.metadata?.uid !== ref.uid) return { gone: true };',
    'if (pod) return { gone: true };',
    REMOVE,
  ),
  mutant(
    REMOVE,
    'if (!metadata?.deletionTimestamp || !metadata.finalizers?.length)',
    'if (!metadata?.deletionTimestamp)',
    REMOVE,
  ),
  mutant(
    REMOVE,
    "return status?.phase === 'Succeeded' || status?.phase === 'Failed' || !spec?.nodeName;",
    'return true || status || spec;',
    REMOVE,
  ),
  mutant(
    REMOVE,
    "if ((await cluster.deletePod(ref, removal.graceSeconds)) === 'gone') return { gone: true };",
    'return { gone: true };',
    REMOVE,
  ),
  mutant(DELETE, 'return pod && belongsTo(pod, key) ? pod : undefined;', 'return pod;', DELETE),
  mutant(DELETE, 'input.cluster !== undefined && input.cluster !== cluster.id', 'false', DELETE),
  mutant(DELETE, 'if (!pod && input.uid === undefined) {', 'if (!pod && input.uid) {', DELETE),
  mutant(DELETE, 'if (!cleanup.gone && !cleanup.over) throw', 'if (cleanup.gone && !cleanup.over) throw', DELETE),
  mutant(DELETE, 'if (keepUntil === undefined || isGated(pod) ||', 'if (keepUntil === undefined ||', DELETE, ENDS),
  mutant(
    'activities/take-down',
    'if (!run.watcher && !(await lookAtPod(run))) return notRead(ref);',
    'if (!run.watcher) await lookAtPod(run);',
    TRUST,
    REMOVE,
  ),
  mutant('activities/take-down', 'if (!pod || !belongsTo(pod, key)) return true;', 'if (!pod) return true;', TRUST),
  mutant(
    'activities/take-down',
    'context.cancellationDetails?.workerShutdown && stopped.abort()',
    'stopped.abort()',
    REMOVE,
    RUN,
  ),
  mutant('activities/on-cancellation', "if (details?.cancelRequested) return 'delete';", '', RUN),
  mutant('activities/on-cancellation', "details?.timedOut) return 'ask';", "details?.timedOut) return 'delete';", RUN),
  mutant(
    'activities/on-cancellation',
    "return run === 'closed' || (!workflowCares && run !== 'unknown' && !run.pending.has(activityId));",
    'return !workflowCares || run !== activityId;',
    RUN,
    ENDS,
  ),
  mutant(
    'activities/on-cancellation',
    "if (run.watcher && keepOf(run.watcher.latest, Date.now()) === 'kept') return;",
    '',
    ENDS,
  ),
  mutant('activities/run-pod', 'throw otherCluster(recorder.state.pod);', 'recorder.note({});', RUN, CREATE),
  mutant('kubernetes/pod-api', 'preconditions: { uid }, ', '', 'kubernetes/pod-api'),
  mutant(
    'kubernetes/pod-api',
    "if (pod?.metadata?.uid !== uid) return 'gone';",
    "if (pod) return 'gone';",
    'kubernetes/pod-api',
  ),
  mutant(
    'kubernetes/pod-watcher',
    'if (pod?.metadata?.uid !== uid) this.gone = true;',
    'if (pod === undefined) this.gone = true;',
    'kubernetes/pod-watcher',
    CREATE,
  ),
  mutant(
    'kubernetes/pod-watcher',
    "if (sighting.type === 'missing') return void this.#read();",
    "if (sighting.type === 'missing') return void (this.gone = true);",
    'kubernetes/pod-watcher',
  ),
  mutant('activities/heartbeat-record', 'if (name !== ours) return', "if (name === '') return", TRUST),
  mutant('activities/heartbeat-record', 'if (!namespaces.includes(namespace))', "if (namespace === '')", TRUST),
  mutant(SWEEP, "if (run === 'unknown') return 'undecided';", "if (run === 'unknown') return { why: '' };", SWEEP),
  mutant(SWEEP, "if (keep === 'kept') return 'onPurpose';", '', SWEEP),
  mutant(SWEEP, "if (!(now - created >= minAgeMs)) return 'young';", '', SWEEP),
  mutant(SWEEP, 'if (key?.temporalNamespaceId !== temporalNamespaceId) {', 'if (!key) {', SWEEP),
  mutant(SWEEP, 'if (report.swept.length >= limit) {', 'if (report.swept.length > limit) {', SWEEP),
  mutant(SWEEP, 'const DEFAULT_LIMIT = 200;', 'const DEFAULT_LIMIT = 201;', SWEEP),
  mutant(
    SWEEP,
    'const known = runs.get(key.runId) ?? stateOfRun(client, key);',
    'const known = stateOfRun(client, key);',
    SWEEP,
  ),
  mutant(SWEEP, 'return now > deadline + DEADLINE_SLACK_MS', 'return now > deadline', SWEEP),

  // No work is done twice, or called done when it was not.
  mutant(CREATE, 'if (!known) await attempt.mustRecord(', 'if (!known) void attempt.mustRecord(', RUN),
  mutant(CREATE, 'if (!alone) await removeEarlierRuns(attempt);', '', CREATE, ENDS),
  mutant(CREATE, 'const isToldOf = isGated(pod) && (await isTold(attempt, pod));', 'const isToldOf = true;', CREATE),
  mutant(CREATE, 'if (!there && attempt.unreadable !== undefined) return undefined;', '', TRUST),
  mutant(CREATE, 'if (!there && final !== undefined) throw final;', '', CREATE, RUN),
  mutant(CREATE, 'looks || isInterruption(final)', 'true', CREATE),
  mutant(
    CREATE,
    'attempt.recorder.sinceAcknowledged > FRESH_MS',
    'attempt.recorder.sinceAcknowledged < 0',
    CREATE,
    RUN,
  ),
  mutant(CREATE, 'Math.max(backoff.next(), retryAfterMs(error) ?? 0)', 'backoff.next()', CREATE),
  mutant(
    CREATE,
    'if (ours && whatRuns(pod, main) === whatRuns(manifest, main)) return true;',
    'if (ours) return true;',
    CREATE,
  ),
  mutant(
    FOLLOW,
    "if ((await attempt.recorder.ask()) === 'cancelled') throw new CancelRequested();",
    'await attempt.recorder.ask();',
    RUN,
    FOLLOW,
  ),
  mutant(FOLLOW, 'await watcher.refresh(attempt.waits.confirm);', '', 'kubernetes/pod-watcher', FOLLOW),
  mutant(FOLLOW, 'outcome: await unlessStopped(attempt, outcome)', 'outcome', FOLLOW),
  mutant('activities/pod-events', "kind: 'OutcomeUnknown', reason: 'EventsUnread'", "reason: 'EventsUnread'", FOLLOW),
  mutant(
    'activities/pod-events',
    "event.reason === 'Killing' && isAboutMain(event)",
    "event.reason === 'Killing'",
    FOLLOW,
  ),
  mutant(
    'activities/run-pod',
    "if (!ended || standing === 'notFound') await attempt.mustStand(standing);",
    'if (!ended) await attempt.mustStand(standing);',
    REMOVE,
    RUN,
  ),
  mutant(
    'activities/run-pod',
    'the safe assumption is that work was done.\n  startedEver: true,',
    'the safe assumption is that work was done.\n  startedEver: false,',
    TRUST,
    CREATE,
    RUN,
  ),
  mutant('activities/pod-run', "if (standing === 'notFound') await this.attempt.mustStand(standing);", '', RUN, REMOVE),
  mutant(
    'activities/recorder',
    'this.#context.heartbeat(this.#state);\n    this.#untold',
    'this.#context.heartbeat(change);\n    this.#untold',
    'activities/recorder',
  ),
  mutant(
    'activities/recorder',
    "if (standing !== 'notFound') this.#acknowledged",
    'this.#acknowledged',
    'activities/recorder',
  ),
  mutant('pod/deletion-evidence', 'before.finishedByItself ??\n', '', OUTCOME, 'pod/outcome'),
  mutant(
    'pod/deletion-evidence',
    'before.deletion ?? (deletionTimestamp',
    '(deletionTimestamp',
    'pod/deletion-evidence',
  ),
  mutant(
    'pod/outcome',
    'if (evidence.deletion !== undefined && !evidence.finishedByItself)',
    'if (evidence.deletion !== undefined && evidence.finishedByItself === undefined)',
    OUTCOME,
    'pod/outcome',
  ),
  mutant('pod/outcome', 'if (disruption && !isEarlier(', 'if (disruption && isEarlier(', OUTCOME, 'pod/outcome'),
  mutant('pod/outcome', 'if (restartCount > 0 && (', 'if (restartCount > 1 && (', OUTCOME, 'pod/outcome', RUN),
  mutant(
    'workflows/tries',
    "(kind === 'DeadlineExceeded' && reason === 'TotalTimeout')",
    'reason === kind',
    'workflows/tries',
  ),
  mutant('workflows/tries', '(!startedEver || spec.idempotent === true)', 'true', 'workflows/tries'),
  mutant('workflows/tries', 'now.freeInARow < FREE_IN_A_ROW', 'now.freeInARow <= FREE_IN_A_ROW', 'workflows/tries'),
  mutant('workflows/run-pod', 'const next = end.over && ', 'const next = ', 'workflows/rules'),
  mutant('workflows/run-pod', 'failure, now, { try', 'failure, asked, { try', 'workflows/rules'),
  mutant(
    'workflows/dag/task-context',
    'await gate.enter(node, otherwise);',
    'await gate.enter(node);',
    'workflows/rules',
  ),
  mutant(
    'workflows/dag/gate',
    'if (this.#shutBecause !== undefined) throw',
    'if (this.#max < 0) throw',
    'workflows/rules',
  ),
  mutant('workflows/dag/gate', 'this.#running < this.#max', 'this.#running <= this.#max', 'workflows/rules'),
  mutant('workflows/dag/failures', 'heardBy.length > 0 && heardBy.every(', 'heardBy.some(', 'workflows/rules'),
  mutant('workflows/dag/dag', '!counts || node.options.mayFail ||', '!counts ||', 'workflows/rules'),

  // No log line is lost or repeated.
  mutant('activities/take-down', 'await logs.opened(OPEN_MS);', '', 'activities/pod-logs', REMOVE, RUN),
  mutant(
    'activities/take-down',
    'const drained = logs.drainOpen(watcher, drainMs, { over: over.signal, isGone: () => gone });',
    'const drained = Promise.resolve();',
    'activities/pod-logs',
    RUN,
  ),
  mutant(DELETE, 'await logs.drain(watcher, READ_MS);', '', DELETE, 'activities/pod-logs'),
  mutant(
    'activities/container-log',
    'if (watcher.gone) throw gone(',
    'if (!watcher) throw gone(',
    'activities/pod-logs',
    'activities/container-log',
  ),
  mutant(
    'logs/source-reader',
    "this.state = cursor ? 'searching' : 'found';",
    "this.state = 'found';",
    'logs/exactly-once',
    'logs/source-reader',
  ),
  mutant(
    'logs/source-reader',
    'return records.slice(index + 1);',
    'return records.slice(index + 2);',
    'logs/exactly-once',
    'logs/source-reader',
  ),
  mutant(
    'logs/follower',
    'this.isConfirmed = isEnd && terminal && isSame;',
    'this.isConfirmed = isEnd && terminal;',
    'logs/follower',
    'logs/exactly-once',
  ),
  mutant(
    'logs/follower',
    'if (!this.#endSeen.pieces) return this.#addUnread(',
    'if (!why) return this.#addUnread(',
    'logs/follower',
  ),
  mutant('logs/segments', 'await this.#file.datasync();', '', 'logs/segments'),
  mutant(
    'logs/segments',
    "if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;",
    '',
    'logs/segments',
  ),
  mutant(
    'kubernetes/pod-reflector',
    '=> BigInt(resourceVersion || 0)',
    "=> (resourceVersion || '0') as unknown as bigint",
    'kubernetes/pod-reflector',
    'kubernetes/pod-watcher',
  ),
  mutant(
    'kubernetes/pod-cache',
    'for (const name of pods.keys()) if (!names.has(name)) pods.delete(name);',
    '',
    'kubernetes/pod-reflector',
  ),
];
