/**
 * The SDK's own sandbox without a worker around it: a workflow is loaded and activated here as a worker does it, with what a server
 * would tell it. It is the SDK's inner interface, of the one version that is pinned; nothing else in the project knows of it.
 */
import { SourceMap } from 'node:module';
import { Script } from 'node:vm';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import type { WorkflowInfo } from '@temporalio/workflow';
import { attend, type OnRejection } from './rejections.ts';

type Activation = Parameters<Workflow['activate']>[0];
type Completion = Awaited<ReturnType<Workflow['activate']>>;

/** One thing that a server tells a workflow: it begins, a timer has fired, an activity has ended, … */
export type Job = NonNullable<Activation['jobs']>[number];
/** One thing that a workflow asks of a server. */
export type Command = NonNullable<NonNullable<Completion['successful']>['commands']>[number];
/** What Temporal sends over a wire in the place of an error. */
export type ProtoFailure = NonNullable<NonNullable<Completion['failed']>['failure']>;

export type Answer = { readonly commands: readonly Command[] } | { readonly failed: ProtoFailure };

/** How long code may run before it gives way, as in a worker. */
const LONGEST_ACTIVATION_MS = 5_000;
const TASK_QUEUE = 'simulation';
const NAMESPACE = 'default';
const FILE = 'workflow-bundle.js';
/** Of what is random in a workflow: the same in each simulation. */
const SEED = Array.from({ length: 16 }, (_, at) => at);

export type About = Pick<WorkflowInfo, 'workflowId' | 'runId' | 'workflowType'> &
  Partial<Pick<WorkflowInfo, 'parent' | 'root' | 'firstExecutionRunId' | 'continuedFromExecutionRunId' | 'startTime'>>;

export class Sandbox {
  readonly #creator: ReusableVMWorkflowCreator;
  readonly #from: string;
  readonly #code: string;
  #sources: SourceMap | undefined;

  /**
   * @param code a bundle, as the SDK's bundler makes it
   * @param from what it was made of, to be named
   */
  constructor(code: string, from: string) {
    this.#from = from;
    this.#code = code;
    // The SDK's own handler would end the process of whoever tests, for any promise of theirs.
    (ReusableVMWorkflowCreator as unknown as Record<string, unknown>)['unhandledRejectionHandlerHasBeenSet'] = true;
    const script = new Script(code, { filename: FILE });
    // Not its `create`: that would change how all errors of this process are written, and slow down every promise.
    this.#creator = new ReusableVMWorkflowCreator(
      script,
      { code, filename: FILE, sourceMap: NO_MAP },
      LONGEST_ACTIVATION_MS,
      ANY_ACTIVITY,
    );
  }

  /** Loads the code of one run. @throws TypeError when the bundle exports no such workflow; what the code throws when it is loaded */
  async load(about: About, now: number): Promise<LoadedWorkflow> {
    const options = { info: infoOf(about, now), randomnessSeed: SEED, now, showStackTraceSources: false };
    try {
      return new LoadedWorkflow(about.runId, await this.#creator.createWorkflow(options));
    } catch (error) {
      // It is one of the sandbox, and none for an `instanceof` here.
      const message = String((error as Partial<Error> | undefined)?.message ?? error);
      if (!message.includes('no such function is exported')) throw new Error(message, { cause: error });
      throw new TypeError(`${this.#from} exports no workflow '${about.workflowType}'`);
    }
  }

  /** The same failure, with the places in the author's files instead of those in the bundle. */
  readable(failure: ProtoFailure): ProtoFailure {
    const { stackTrace, cause } = failure;
    return {
      ...failure,
      ...(stackTrace && { stackTrace: stackTrace.replaceAll(PLACE, (...place) => this.#place(place)) }),
      ...(cause && { cause: this.readable(cause) }),
    };
  }

  #place([text, line, column]: string[]): string {
    this.#sources ??= sourcesOf(this.#code);
    const found = this.#sources?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!found || !('originalSource' in found)) return text!;
    return `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  }
}

/** One run of a workflow in the sandbox. */
export class LoadedWorkflow {
  readonly #runId: string;
  readonly #workflow: Workflow;
  #activations = 0;

  constructor(runId: string, workflow: Workflow) {
    this.#runId = runId;
    this.#workflow = workflow;
  }

  /** @param now milliseconds since 1970 */
  async activate(job: Job, now: number): Promise<Answer> {
    const forget = attend(this.#runId, (error) =>
      (this.#workflow as Workflow & { setUnhandledRejection: OnRejection }).setUnhandledRejection(error),
    );
    try {
      const { successful, failed } = await this.#workflow.activate({
        runId: this.#runId,
        timestamp: msToTs(now),
        historyLength: 3 * ++this.#activations,
        isReplaying: false,
        jobs: [job],
      });
      // What it logs is nobody's here.
      await this.#workflow.getAndResetSinkCalls();
      return successful ? { commands: successful.commands ?? [] } : { failed: failed?.failure ?? {} };
    } finally {
      forget();
    }
  }

  dispose(): Promise<void> {
    return this.#workflow.dispose();
  }
}

const PLACE = /workflow-bundle\.js:(\d+):(\d+)/g;
const MAP = 'sourceMappingURL=data:application/json;charset=utf-8;base64,';

function sourcesOf(code: string): SourceMap | undefined {
  const at = code.lastIndexOf(MAP);
  if (at < 0) return undefined;
  const json = Buffer.from(code.slice(at + MAP.length).trim(), 'base64').toString();
  return new SourceMap(JSON.parse(json) as ConstructorParameters<typeof SourceMap>[0]);
}

/** Whoever simulates says which there are. */
const ANY_ACTIVITY = new (class extends Set<string> {
  override has(): boolean {
    return true;
  }
})();

const NO_MAP = { version: 3, sources: [], names: [], mappings: '', file: FILE } as never;

function infoOf({ startTime = new Date(), ...about }: About, now: number): WorkflowInfo {
  return {
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    taskQueue: TASK_QUEUE,
    namespace: NAMESPACE,
    firstExecutionRunId: about.runId,
    originalExecutionRunId: about.runId,
    startTime,
    runStartTime: new Date(now),
    taskTimeoutMs: 10_000,
    attempt: 1,
    historyLength: 3,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    suggestedContinueAsNewReasons: [],
    unsafe: { now: () => Date.now(), isReplaying: false, isReplayingHistoryEvents: false },
    ...about,
  } as unknown as WorkflowInfo;
}
