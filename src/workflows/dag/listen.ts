/** Hears what is asked of the DAG while it runs (`controls.ts`), and refuses what makes no sense. */
import { setHandler } from '@temporalio/workflow';
import { suggestion } from '../../common/did-you-mean.ts';
import { milliseconds } from '../../common/duration.ts';
import type { Duration, ExtendOptions, RetryOptions, SkipOptions } from '../../contract/index.ts';
import {
  cancelTask,
  chunkReused,
  extendHold,
  failTask,
  pausePods,
  podsPaused,
  podsStopped,
  resumePods,
  retryTask,
  skipTask,
  addChange,
  isFields,
} from './controls.ts';
import { dagError } from './failures.ts';
import type { Gate } from './gate.ts';
import type { Held } from './run-task.ts';
import type { TaskNode } from './task-node.ts';

interface Controlled {
  readonly tasks: ReadonlyMap<string, TaskNode>;
  readonly gate: Gate;
  /** Lets nothing new start any more. */
  readonly stop: (why: string) => void;
  readonly hasEnded: () => boolean;
}

export function listen({ tasks, gate, stop, hasEnded }: Controlled): void {
  const find = (name: string): TaskNode => {
    const node = tasks.get(name);
    if (node) return node;
    throw refusal(`there is no task '${name}'${suggestion(String(name), [...tasks.keys()])}`);
  };
  const held = (name: string): Held => {
    const node = find(name);
    if (!node.held) throw refusal(notHeld(node));
    return node.held;
  };

  setHandler(
    retryTask,
    (name: string, options?: RetryOptions) => {
      const node = find(name);
      if (options?.spec) node.change = addChange(node.change, options.spec);
      held(name).decide({ next: 'retry' });
    },
    {
      validator(name: string, options?: RetryOptions) {
        checkOptions<RetryOptions>(options, 'spec');
        if (options?.spec !== undefined && !isFields(options.spec)) throw refusal('spec is not an object');
        held(name);
        if (options?.spec && find(name).mapping)
          throw refusal(`'${name}' is a map: the spec of its pods is changed in the workflows of its chunks`);
        const children = [...tasks.values()].filter(({ parent }) => parent?.name === name).map((node) => node.name);
        if (children.length > 0)
          throw refusal(
            `'${name}' has created tasks (${children.slice(0, 3).join(', ')}${children.length > 3 ? ', …' : ''}), ` +
              `and they cannot be created a second time: skip it or let it fail, and rerun`,
          );
      },
    },
  );
  setHandler(skipTask, (name: string, options?: SkipOptions) => held(name).decide({ next: 'skip', ...options }), {
    validator(name: string, options?: SkipOptions) {
      checkOptions<SkipOptions>(options, 'value');
      held(name);
    },
  });
  setHandler(failTask, (name: string) => held(name).decide({ next: 'fail' }), {
    validator: (name: string) => void held(name),
  });
  setHandler(extendHold, (name: string, { by }: ExtendOptions) => (held(name).until += milliseconds(by)), {
    validator(name: string, options?: ExtendOptions) {
      checkOptions<ExtendOptions>(options, 'by');
      const node = find(name);
      if (node.state === 'running') throw refusal(`'${name}' is running, not held: ${POD_DEADLINE}`);
      held(name);
      checkExtension(options?.by);
    },
  });
  setHandler(
    cancelTask,
    (name: string): 'asked' => {
      find(name).cancel();
      return 'asked';
    },
    {
      validator(name: string) {
        const { end } = find(name);
        if (end) throw refusal(`'${name}' has ended: it is ${end.state}`);
      },
    },
  );
  const setPaused = (on: boolean) => {
    if (on) gate.pause();
    else gate.resume();
    for (const { mapping } of tasks.values()) void mapping?.tellPaused(on);
  };
  setHandler(podsPaused, setPaused);
  setHandler(podsStopped, stop);
  setHandler(chunkReused, (workflowId) => {
    for (const { mapping } of tasks.values()) mapping?.chunkReused(workflowId);
  });
  setHandler(pausePods, () => setPaused(true), {
    validator() {
      if (hasEnded()) throw refusal('the DAG has ended');
      if (gate.isShut) throw refusal('no pod starts any more in any case, since a task has failed');
      if (gate.isPaused) throw refusal('new pods are paused already');
    },
  });
  setHandler(resumePods, () => setPaused(false), {
    validator() {
      if (!gate.isPaused) throw refusal('new pods are not paused');
    },
  });
}

/** What somebody wants who would give a pod more time. */
const POD_DEADLINE =
  'Kubernetes lets the deadline of a pod that is there only come nearer, so it cannot be extended; ' +
  'when it has failed and is held, retry it with longer timeouts';

const refusal = (why: string) => dagError('DagRefused', why);

function notHeld({ name, state, failure }: TaskNode): string {
  if (!failure) return `'${name}' is ${state}, not held`;
  const why = failure.because ? `is ${state}, because of '${failure.because.name}'` : `is ${state}`;
  return (
    `'${name}' ${why}, and is not held: whoever awaits it has seen that, and it cannot be taken back. ` +
    `rerun starts a new run, which keeps what is done`
  );
}

function checkExtension(by: Duration | undefined): void {
  try {
    if (milliseconds(by ?? 0) > 0) return;
  } catch {
    // Refused in any case.
  }
  throw refusal(`by: must be a length of time above 0 (30m, 2h), got ${JSON.stringify(by)}`);
}

/** A misspelt option would be a decision that was not meant. */
function checkOptions<O>(options: unknown, known: keyof O & string): void {
  if (options === undefined || options === null) return;
  if (!isFields(options)) throw refusal(`the second argument is { ${known} }, or nothing`);
  const unknown = Object.keys(options).filter((name) => name !== known);
  if (unknown.length > 0) throw refusal(`unknown: ${unknown.join(', ')}; the second argument is { ${known} }`);
}
