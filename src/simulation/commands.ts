/** What a server, and the SDK's core, do when a workflow asks them to. */
import { tsToMs } from '@temporalio/common/lib/time.js';
import {
  activityFailure,
  cancelledFailure,
  childFailure,
  fromFailure,
  fromPayload,
  fromPayloads,
  notFoundFailure,
  toFailure,
  toPayload,
} from './messages.ts';
import { type ActivityAnswer, type ActivityEnd, SimulationError } from './outside.ts';
import type { PendingActivity, Run } from './run.ts';
import type { Command, ProtoFailure } from './sandbox.ts';
import type { Simulation } from './simulation.ts';

// As numbers, as the protocol has them.
const ACTIVITY_WAITS_UNTIL_CANCELLED = 1;
const CHILD_CANCELLATION = { abandon: 0, waitUntilCancelled: 2 };
const REUSE = { onlyAfterFailure: 2, never: 3, terminateIfRunning: 4 };
const ALREADY_EXISTS = 1;

type Handlers = {
  readonly [Name in keyof Command]?: (
    simulation: Simulation,
    run: Run,
    given: NonNullable<Command[Name]>,
  ) => void | Promise<void>;
};

/** The SDK sends what it says it sends; the protocol could leave anything out. */
type Whole<Given> = { readonly [Name in keyof Given]-?: NonNullable<Given[Name]> };

/** @throws SimulationError for what cannot be simulated */
export async function obey(simulation: Simulation, run: Run, command: Command): Promise<void> {
  for (const [name, given] of Object.entries(command) as [keyof Handlers, never][]) {
    if (name === 'userMetadata' || !given) continue;
    const handler = HANDLERS[name];
    if (!handler) throw new SimulationError(`'${name}' cannot be simulated`);
    await handler(simulation, run, given);
  }
}

const HANDLERS: Handlers = {
  startTimer(simulation, run, { seq, startToFireTimeout }) {
    const fire = () => {
      run.timers.delete(seq!);
      simulation.tell(run, { fireTimer: { seq: seq! } });
    };
    run.timers.set(seq!, simulation.clock.after(tsToMs(startToFireTimeout), fire));
  },
  cancelTimer(simulation, run, { seq }) {
    const due = run.timers.get(seq!);
    if (due) simulation.clock.forget(due);
    run.timers.delete(seq!);
  },

  scheduleActivity: (simulation, run, given) => schedule(simulation, run, given, false),
  scheduleLocalActivity: (simulation, run, given) => schedule(simulation, run, given, true),
  requestCancelActivity: (simulation, run, { seq }) => cancelActivity(simulation, run, seq!),
  requestCancelLocalActivity: (simulation, run, { seq }) => cancelActivity(simulation, run, seq!),

  async startChildWorkflowExecution(simulation, run, given) {
    const { seq, workflowId, workflowType, input } = given as Whole<typeof given>;
    const told = simulation.outside.child?.(workflowType, fromPayloads(input));
    const taken = told ? undefined : conflict(simulation, workflowId, given.workflowIdReusePolicy);
    if (taken) {
      const failed = { workflowId, workflowType, cause: ALREADY_EXISTS };
      simulation.tell(run, { resolveChildWorkflowExecutionStart: { seq, failed } });
      return;
    }
    if (told) {
      const about = { workflowId, workflowType, runId: `stand-in-${simulation.id()}` };
      simulation.tell(run, { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: about.runId } } });
      const end = endOf(await told, (cause) => childFailure(about, cause));
      simulation.tell(run, { resolveChildWorkflowExecution: { seq, result: end } });
      return;
    }
    const { parentClosePolicy: closePolicy, cancellationType } = given as Whole<typeof given>;
    const child = simulation.begin({
      workflowType,
      workflowId,
      args: input ?? [],
      memo: given.memo ?? {},
      searchAttributes: given.searchAttributes?.indexedFields ?? {},
      parent: { run, seq, closePolicy, cancellationType },
    });
    run.children.set(seq, child);
    simulation.tell(run, { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: child.runId } } });
  },
  cancelChildWorkflowExecution(simulation, run, { childWorkflowSeq: seq }) {
    const started = run.children.get(seq!);
    if (!started) return;
    const { cancellationType } = started.start.parent!;
    if (cancellationType !== CHILD_CANCELLATION.abandon) simulation.cancel(simulation.latest(started));
    if (cancellationType === CHILD_CANCELLATION.waitUntilCancelled) return;
    run.children.delete(seq!);
    const failure = childFailure(started.about, cancelledFailure('Child Workflow execution cancelled'));
    simulation.tell(run, { resolveChildWorkflowExecution: { seq: seq!, result: { cancelled: { failure } } } });
  },

  signalExternalWorkflowExecution(simulation, run, given) {
    const workflowId = given.childWorkflowId ?? given.workflowExecution?.workflowId ?? '';
    const other = simulation.runs.get(workflowId);
    const isThere = other && !other.end;
    if (isThere) simulation.signal(other, given.signalName!, given.args ?? []);
    const failure = isThere ? {} : { failure: notFoundFailure(workflowId) };
    simulation.tell(run, { resolveSignalExternalWorkflow: { seq: given.seq!, ...failure } });
  },
  // It has been sent by then.
  cancelSignalWorkflow: () => undefined,
  requestCancelExternalWorkflowExecution(simulation, run, { seq, workflowExecution }) {
    const workflowId = workflowExecution?.workflowId ?? '';
    const other = simulation.runs.get(workflowId);
    const isThere = other && !other.end;
    if (isThere) simulation.cancel(other);
    const failure = isThere ? {} : { failure: notFoundFailure(workflowId) };
    simulation.tell(run, { resolveRequestCancelExternalWorkflow: { seq: seq!, ...failure } });
  },

  updateResponse(_simulation, run, { protocolInstanceId, rejected, completed }) {
    const update = run.updates.get(protocolInstanceId!);
    if (!update || !(rejected || completed)) return;
    run.updates.delete(protocolInstanceId!);
    if (rejected) update.reject(fromFailure(rejected));
    else update.resolve(fromPayload(completed));
  },

  completeWorkflowExecution: (simulation, run, { result }) =>
    simulation.close(run, { kind: 'completed', result: result ?? undefined }),
  failWorkflowExecution: (simulation, run, { failure }) =>
    simulation.close(run, { kind: 'failed', failure: simulation.readable(failure ?? {}) }),
  cancelWorkflowExecution: (simulation, run) =>
    simulation.close(run, { kind: 'cancelled', failure: cancelledFailure('Workflow canceled') }),
  continueAsNewWorkflowExecution(simulation, run, given) {
    simulation.close(run, { kind: 'continued' });
    const { parent, workflowId } = run.start;
    const isNamed = (fields: object | null | undefined) => fields && Object.keys(fields).length > 0;
    simulation.begin({
      workflowType: given.workflowType || run.start.workflowType,
      workflowId,
      args: given.arguments ?? [],
      memo: isNamed(given.memo) ? given.memo! : (run.start.memo ?? {}),
      searchAttributes: given.searchAttributes?.indexedFields ?? run.start.searchAttributes ?? {},
      continues: run,
      ...(parent && { parent }),
    });
  },

  // The SDK knows of these by itself, and nobody else asks.
  upsertWorkflowSearchAttributes: () => undefined,
  modifyWorkflowProperties: () => undefined,
  setPatchMarker: () => undefined,
};

async function schedule(
  simulation: Simulation,
  run: Run,
  given: NonNullable<Command['scheduleActivity'] | Command['scheduleLocalActivity']>,
  isLocal: boolean,
): Promise<void> {
  const { seq, activityId, activityType, cancellationType } = given as Whole<typeof given>;
  const activity: PendingActivity = {
    activityId,
    activityType,
    cancellationType,
    isLocal,
    due: undefined,
    cancel: undefined,
  };
  run.activities.set(seq, activity);
  const answered = ({ end, after, onEnd, onCancel }: ActivityAnswer): void => {
    const { now } = simulation.clock;
    activity.due = simulation.clock.after(after, () => {
      onEnd?.();
      // It may have been given up meanwhile, or its run has ended.
      if (!run.activities.delete(seq)) return;
      const result = endOf(end, (cause, isCancelled) => activityFailure(activity, cause, isCancelled));
      simulation.tell(run, { resolveActivity: { seq, result, isLocal } });
    });
    activity.cancel =
      onCancel &&
      (() => {
        simulation.clock.forget(activity.due!);
        answered(onCancel(simulation.clock.now - now));
      });
  };
  answered(
    await simulation.outside.activity({
      workflowId: run.start.workflowId,
      runId: run.runId,
      activityId,
      activityType,
      args: fromPayloads(given.arguments),
      scheduledAt: simulation.clock.now,
    }),
  );
}

function cancelActivity(simulation: Simulation, run: Run, seq: number): void {
  const activity = run.activities.get(seq);
  if (!activity) return;
  const { cancel } = activity;
  activity.cancel = undefined;
  cancel?.();
  if (activity.cancellationType === ACTIVITY_WAITS_UNTIL_CANCELLED) return;
  run.activities.delete(seq);
  const failure = activityFailure(activity, cancelledFailure('CANCELLED'), true);
  simulation.tell(run, { resolveActivity: { seq, result: { cancelled: { failure } }, isLocal: activity.isLocal } });
}

function endOf(end: ActivityEnd, wrapped: (cause: ProtoFailure, isCancelled: boolean) => ProtoFailure) {
  if ('result' in end) return { completed: { result: toPayload(end.result) } };
  if ('failure' in end) return { failed: { failure: wrapped(toFailure(end.failure), false) } };
  return { cancelled: { failure: wrapped(cancelledFailure('CANCELLED', end.cancelled), true) } };
}

/** Whether a workflow of this id may not begin now. */
function conflict(simulation: Simulation, workflowId: string, policy: number | null | undefined): boolean {
  const other = simulation.runs.get(workflowId);
  if (!other) return false;
  if (!other.end) {
    if (policy === REUSE.terminateIfRunning) simulation.terminate(other);
    return policy !== REUSE.terminateIfRunning;
  }
  return policy === REUSE.never || (policy === REUSE.onlyAfterFailure && other.end.kind === 'completed');
}
