/** Hears what is asked of the DAG while it runs (`controls.ts`), and refuses what makes no sense. */
import { setHandler } from '@temporalio/workflow';
import { didYouMean } from '../../did-you-mean.ts';
import {
  cancelTask,
  failTask,
  holdPods,
  releasePods,
  retryTask,
  skipTask,
  type RetryOptions,
  type SkipOptions,
} from './controls.ts';
import { dagError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Held } from './hold.ts';
import { podsHeld } from './pods-held.ts';
import { addChange, isFields } from './spec-change.ts';
import type { TaskNode } from './task-node.ts';

export interface Controlled {
  readonly tasks: ReadonlyMap<string, TaskNode>;
  readonly gate: Gate;
  readonly hasEnded: () => boolean;
}

export function listen({ tasks, gate, hasEnded }: Controlled): void {
  const find = (name: string): TaskNode => {
    const node = tasks.get(name);
    if (node) return node;
    const meant = didYouMean(String(name), [...tasks.keys()]);
    throw refusal(`there is no task '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
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
  const setHeld = (on: boolean) => {
    if (on) gate.hold();
    else gate.release();
    for (const { mapping } of tasks.values()) void mapping?.tellHeld(on);
  };
  setHandler(podsHeld, setHeld);
  setHandler(holdPods, () => setHeld(true), {
    validator() {
      if (hasEnded()) throw refusal('the DAG has ended');
      if (gate.isShut) throw refusal('no pod starts any more in any case, since a task has failed');
      if (gate.isHeld) throw refusal('new pods are held already');
    },
  });
  setHandler(releasePods, () => setHeld(false), {
    validator() {
      if (!gate.isHeld) throw refusal('new pods are not held');
    },
  });
}

const refusal = (why: string) => dagError('DagRefused', why);

function notHeld({ name, state, failure }: TaskNode): string {
  if (!failure) return `'${name}' is ${state}, not held`;
  const why = failure.because ? `is ${state}, because of '${failure.because.name}'` : `is ${state}`;
  return (
    `'${name}' ${why}, and is not held: whoever awaits it has seen that, and it cannot be taken back. ` +
    `rerun starts a new run, which keeps what is done`
  );
}

/** A misspelt option would be a decision that nobody meant. */
function checkOptions<O>(options: unknown, known: keyof O & string): void {
  if (options === undefined || options === null) return;
  if (!isFields(options)) throw refusal(`the second argument is { ${known} }, or nothing`);
  const unknown = Object.keys(options).filter((name) => name !== known);
  if (unknown.length > 0) throw refusal(`unknown: ${unknown.join(', ')}; the second argument is { ${known} }`);
}
