/**
 * Runs a workflow without a server: the code in the SDK's own sandbox (sandbox.ts), and here what Temporal does for it. Activities
 * are answered by whoever simulates (`Outside`); timers, children, signals, updates, cancellation and continue-as-new are as in a
 * server, one after another, in a time that passes when nothing else is left to do.
 */
import type { Payload } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { messageOf } from '../common/message-of.ts';
import { Clock } from './clock.ts';
import { obey } from './commands.ts';
import { childFailure, fromFailure, fromPayload, terminatedFailure, toPayload, toPayloads } from './messages.ts';
import { type Outside, SimulationError } from './outside.ts';
import { Run, type RunEnd, type Start } from './run.ts';
import type { Job, ProtoFailure, Sandbox } from './sandbox.ts';

/** Of one workflowId. As many make a history that Temporal would not go on with. */
const MOST_STEPS = 10_000;
/** Unlike in all simulations of this process. */
let runs = 0;
const newRunId = () => `00000000-0000-4000-8000-${String(++runs).padStart(12, '0')}`;
const PARENT_CLOSE = { abandon: 2, requestCancel: 3 };

export interface Begin {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly memo?: Readonly<Record<string, unknown>>;
  readonly searchAttributes?: Readonly<Record<string, Payload>>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** After so many activations of one workflowId it is taken to go on for ever. Default 10,000. */
  readonly mostSteps?: number;
}

export class Simulation {
  readonly clock: Clock;
  readonly outside: Outside;
  /** By their ids, the last of each. */
  readonly runs = new Map<string, Run>();
  readonly #all: Run[] = [];
  readonly #sandbox: Sandbox;
  readonly #ready: { run: Run; job: Job }[] = [];
  readonly #rootId: string;
  readonly #steps = new Map<string, number>();
  readonly #mostSteps: number;
  #ids = 0;

  constructor(sandbox: Sandbox, outside: Outside, begin: Begin) {
    const { now, args, memo = {}, searchAttributes = {}, mostSteps = MOST_STEPS, ...about } = begin;
    this.#mostSteps = mostSteps;
    this.#sandbox = sandbox;
    this.outside = outside;
    this.clock = new Clock(now);
    this.#rootId = about.workflowId;
    this.begin({
      ...about,
      args: toPayloads(args),
      memo: Object.fromEntries(Object.entries(memo).map(([key, value]) => [key, toPayload(value)])),
      searchAttributes: { ...searchAttributes },
    });
  }

  /** The run, or what it has continued as. */
  get root(): Run {
    return this.runs.get(this.#rootId)!;
  }

  /**
   * Goes on until nothing is left to do at this moment.
   *
   * @throws SimulationError; what `Outside` throws
   */
  async settle(): Promise<void> {
    for (let next = this.#ready.shift(); next; next = this.#ready.shift()) {
      const { run, job } = next;
      if (run.end) continue;
      this.#count(run);
      await this.#activate(run, job);
    }
  }

  /** Time passes until something happens. False: nothing ever will. */
  next(): boolean {
    return this.clock.next();
  }

  /** Whether the run has ended, with the children that were to come to an end with it, and what worked for those that have ended. */
  get isOver(): boolean {
    const isDone = (run: Run) => (run.end ? run.activities.size === 0 : !run.isCancelAsked);
    return Boolean(this.root.end) && this.#all.every(isDone);
  }

  begin(start: Start): Run {
    const run = new Run(newRunId(), start, this.clock.now);
    this.runs.set(start.workflowId, run);
    this.#all.push(run);
    this.tell(run, {
      initializeWorkflow: {
        workflowType: start.workflowType,
        workflowId: start.workflowId,
        arguments: [...start.args],
        attempt: 1,
        firstExecutionRunId: run.firstRunId,
        startTime: msToTs(run.startedAt),
        memo: { fields: start.memo ?? {} },
        searchAttributes: { indexedFields: start.searchAttributes ?? {} },
      },
    });
    return run;
  }

  tell(run: Run, job: Job): void {
    this.#ready.push({ run, job });
  }

  id(): number {
    return ++this.#ids;
  }

  signal(run: Run, signalName: string, input: readonly Payload[]): void {
    this.tell(run, { signalWorkflow: { signalName, input: [...input], identity: 'simulation' } });
  }

  cancel(run: Run): void {
    if (run.isCancelAsked) return;
    run.isCancelAsked = true;
    this.tell(run, { cancelWorkflow: { reason: 'cancelled' } });
  }

  /** @throws what the update is refused or fails with */
  update(run: Run, name: string, args: readonly unknown[]): Promise<unknown> {
    const id = `update-${this.id()}`;
    return new Promise((resolve, reject) => {
      run.updates.set(id, { resolve, reject });
      this.tell(run, {
        doUpdate: {
          id,
          protocolInstanceId: id,
          name,
          input: toPayloads(args),
          runValidator: true,
          meta: { updateId: id },
        },
      });
    });
  }

  /** Also of one that has ended. @throws what the query throws */
  async query(run: Run, name: string, args: readonly unknown[] = []): Promise<unknown> {
    if (!run.workflow) throw new Error(`${run.start.workflowType} has not begun`);
    const queryId = `query-${this.id()}`;
    const queryWorkflow = { queryId, queryType: name, arguments: toPayloads(args) };
    const answer = await run.workflow.activate({ variant: 'queryWorkflow', queryWorkflow }, this.clock.now);
    if ('failed' in answer) throw fromFailure(answer.failed);
    const { succeeded, failed } = answer.commands.find(({ respondToQuery }) => respondToQuery)?.respondToQuery ?? {};
    if (failed) throw fromFailure(failed);
    return fromPayload(succeeded?.response);
  }

  close(run: Run, end: RunEnd): void {
    run.end = end;
    run.endedAt = this.clock.now;
    for (const due of run.timers.values()) this.clock.forget(due);
    for (const update of run.updates.values()) update.reject(new Error('the workflow ended before the update did'));
    // Whoever works for it hears that it has ended.
    for (const activity of run.activities.values()) activity.cancel?.();
    for (const child of run.children.values()) this.#orphan(this.latest(child));
    if (end.kind !== 'continued') this.#tellParent(run, end);
  }

  readable(failure: ProtoFailure): ProtoFailure {
    return this.#sandbox.readable(failure);
  }

  terminate(run: Run): void {
    this.close(run, { kind: 'terminated', failure: terminatedFailure });
  }

  /** What it has continued as. */
  latest(run: Run): Run {
    return this.runs.get(run.start.workflowId) ?? run;
  }

  /** Everything that was loaded is let go. */
  async dispose(): Promise<void> {
    for (const { workflow } of this.#all) await workflow?.dispose();
  }

  async #activate(run: Run, job: Job): Promise<void> {
    run.workflow ??= await this.#load(run);
    const answer = await run.workflow.activate(job, this.clock.now);
    if ('failed' in answer) throw this.#taskFailed(run, answer.failed);
    for (const command of answer.commands) {
      // After its end a run asks for nothing any more.
      if (run.end && !command.updateResponse) continue;
      await obey(this, run, command);
    }
  }

  async #load(run: Run) {
    const { parent, continues } = run.start;
    const { about } = run;
    const refOf = (other: Run) => ({ workflowId: other.start.workflowId, runId: other.runId });
    try {
      return await this.#sandbox.load(
        {
          ...about,
          firstExecutionRunId: run.firstRunId,
          startTime: new Date(run.startedAt),
          ...(continues && { continuedFromExecutionRunId: continues.runId }),
          ...(parent && { parent: { ...refOf(parent.run), namespace: 'default' }, root: refOf(this.root) }),
        },
        this.clock.now,
      );
    } catch (error) {
      throw new SimulationError(`workflow '${about.workflowType}' cannot be loaded: ${messageOf(error)}`);
    }
  }

  #taskFailed({ about }: Run, failure: ProtoFailure): SimulationError {
    const { message, stack } = fromFailure(this.readable(failure));
    const error = new SimulationError(
      `the code of workflow '${about.workflowType}' throws what does not fail the run: in Temporal its workflow task would be tried ` +
        `again until the code is another one. Throw an ApplicationFailure, or do so within dag(). It throws: ${message}`,
    );
    error.stack = `${error.name}: ${error.message}\n${stack ?? ''}`;
    return error;
  }

  #orphan(child: Run): void {
    const { closePolicy } = child.start.parent!;
    if (child.end || closePolicy === PARENT_CLOSE.abandon) return;
    if (closePolicy === PARENT_CLOSE.requestCancel) this.cancel(child);
    else this.terminate(child);
  }

  #tellParent(run: Run, end: Exclude<RunEnd, { kind: 'continued' }>): void {
    const { parent } = run.start;
    if (!parent?.run.children.delete(parent.seq)) return;
    const result =
      end.kind === 'completed'
        ? { completed: { result: end.result ?? null } }
        : { [end.kind === 'cancelled' ? 'cancelled' : 'failed']: { failure: childFailure(run.about, end.failure) } };
    this.tell(parent.run, { resolveChildWorkflowExecution: { seq: parent.seq, result } });
  }

  #count({ start }: Run): void {
    const steps = (this.#steps.get(start.workflowId) ?? 0) + 1;
    this.#steps.set(start.workflowId, steps);
    if (steps <= this.#mostSteps) return;
    const now = new Date(this.clock.now).toISOString();
    throw new SimulationError(
      `workflow '${start.workflowType}' goes on for ever: ${this.#mostSteps} steps, until ${now}`,
    );
  }
}
