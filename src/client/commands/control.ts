/** What can be asked of a DAG while it runs: `retry`, `skip`, `fail`, `extend`, `pause`, `resume`, `end-debug`; and `cancel`, of any run. */
import type { Command } from 'commander';
import { milliseconds } from '../../common/duration.ts';
import { usage } from '../../common/problem.ts';
import { extendHold, failTask, pausePods, resumePods, retryTask, skipTask } from '../../workflows/dag/controls.ts';
import { answer } from '../run/answer.ts';
import { ask, cancel, endDebugOf } from '../run/control.ts';
import { findRun, type FoundRun } from '../temporal/find-run.ts';
import { readJsonOption, readWords } from '../params/arguments.ts';
import { plainArguments, readSpecChange } from '../params/workflow-arguments.ts';
import { sanitise } from '../../logs/index.ts';
import { printData } from '../terminal/stdout.ts';
import type { Temporal } from '../temporal/connection.ts';
import { momentText } from '../terminal/time-text.ts';
import { RUN_OPTION, type Program } from './program.ts';

const EXIT_CODES = `
A worker has to be there: the workflow's own code decides. Exit code: 0 it is done, 2 it is refused, with the reason, or the
call is wrong, 3 Temporal or the worker does not answer.`;

const RETRY_HELP = `
Only a task that is held (\`hold\` in its DAG) can be called again: the code that awaits it has not seen its failure. For any other one: rerun.
The change is laid over the spec of each pod that the task starts from now on; null takes a field away:
  retry sales-1 load --spec resources.limits.memory=4Gi env.LEVEL=debug
  retry sales-1 load --spec '{"timeouts": {"run": "4h"}}'
  retry sales-1 load --spec change.yaml
${EXIT_CODES}`;

const SKIP_HELP = `
With a value, the code that awaits the task goes on with it, as though the task had returned it. Without one, the tasks that need it are skipped too.
  skip sales-1 load --value '{"output": {"rows": 0}}'
${EXIT_CODES}`;

const END_DEBUG_HELP = `
The task goes on with its failure, and the failed pod that was kept to be looked at (\`keepForDebug\` in its spec) is deleted. Without a
task: of every task of the run that waits so.
${EXIT_CODES}`;

const EXTEND_HELP = `
Of a task that is held for somebody's decision: it fails by itself so much later. The deadline of a pod that is there cannot be
moved: Kubernetes lets it only come nearer.
  extend sales-1 load --by 2h
${EXIT_CODES}`;

const ANSWER_HELP = `
For a workflow that waits for a word that its author gave a name, as an approval does. Arguments are as of run: key=value, JSON, a .yaml or
.json file, or - for standard input. What an update's validator refuses changes nothing.
  answer approval-7f3a decide approved=true by=anna
  answer nightly-7f3a setLimit 5
${EXIT_CODES}`;

const CANCEL_HELP = `
Asks; the pods get their time to stop. A task that waits for others is cancelled when it comes to its pod.
Exit code: 0 it was asked, and with --wait it has ended as cancelled; 1 it is stuck, so it cannot hear of it yet, or with --wait: it has ended in
another way; 2 it has ended before,
or the call is wrong; 3 Temporal does not answer, or with a task no worker.`;

export function controlCommands(program: Program): void {
  /** What it returns is said to the user; a number is an exit code. */
  type Work = (temporal: Temporal, run: FoundRun) => Promise<string | number>;
  const perform = (workflowId: string, { run: runId }: { run?: string }, work: Work) =>
    program.withTemporal(async (temporal) => {
      const done = await work(temporal, await findRun(temporal, workflowId, runId));
      if (typeof done === 'string') printData(sanitise(done));
      return typeof done === 'string' ? 0 : done;
    });
  const command = (usageText: string, description: string, help: string): Command =>
    program
      .command(usageText, description)
      .option(...RUN_OPTION)
      .addHelpText('after', help);

  command('retry <id> <task>', 'Call a held task again, perhaps with a changed spec.', RETRY_HELP)
    .option('--spec <change...>', 'what to change in the spec: key=value, JSON, a .yaml or .json file')
    .action((id: string, task: string, options: { run?: string; spec?: string[] }) => {
      const change = options.spec && readSpecChange(options.spec);
      return perform(id, options, async (temporal, run) => {
        await ask(temporal, run, retryTask, task, change && { spec: change });
        return `'${task}' is called again${change ? `; changed: ${Object.keys(change).join(', ')}` : ''}`;
      });
    });
  command('skip <id> <task>', 'End a held task without its failure.', SKIP_HELP)
    .option('--value <value>', 'what it shall have returned: JSON, or a .yaml or .json file')
    .action((id: string, task: string, options: { run?: string; value?: string }) => {
      const given = options.value !== undefined && { value: readJsonOption('--value', options.value) };
      return perform(id, options, async (temporal, run) => {
        await ask(temporal, run, skipTask, task, given || undefined);
        return `'${task}' is skipped${given ? ', and has this value' : ', and so is every task that needs its value'}`;
      });
    });
  command('fail <id> <task>', 'End a held task with its failure, before its time.', EXIT_CODES).action(
    (id: string, task: string, options: { run?: string }) =>
      perform(id, options, async (temporal, run) => {
        await ask(temporal, run, failTask, task);
        return `'${task}' has failed`;
      }),
  );
  command('extend <id> <task>', 'Give a held task more time until it fails by itself.', EXTEND_HELP)
    .requiredOption('--by <time>', 'how much: 30m, 2h')
    .action((id: string, task: string, options: { run?: string; by: string }) => {
      checkLength(options.by);
      return perform(id, options, async (temporal, run) => {
        const until = await ask(temporal, run, extendHold, task, { by: options.by });
        return `'${task}' is held until ${momentText(until)}`;
      });
    });
  command('pause <id>', 'Let no new pod of a run start; those that run go on.', EXIT_CODES).action(
    (id: string, options: { run?: string }) =>
      perform(id, options, async (temporal, run) => {
        await ask(temporal, run, pausePods);
        return `no new pod of ${id} starts, until resume ${id}`;
      }),
  );
  command('resume <id>', 'Let new pods of a run start again, after pause.', EXIT_CODES).action(
    (id: string, options: { run?: string }) =>
      perform(id, options, async (temporal, run) => {
        await ask(temporal, run, resumePods);
        return `new pods of ${id} start again`;
      }),
  );
  command('end-debug <id> [task]', 'Go on without a failed pod that is kept to be looked at.', END_DEBUG_HELP).action(
    (id: string, task: string | undefined, options: { run?: string }) =>
      perform(id, options, (temporal, run) => endDebugOf(temporal, run, task)),
  );
  command('answer <id> <name> [args...]', "Send an update or a signal of the workflow's own.", ANSWER_HELP).action(
    (id: string, name: string, words: string[], options: { run?: string }) => {
      const args = plainArguments(readWords(words));
      return perform(id, options, (temporal, run) => answer(temporal, run, name, words.length === 0 ? [] : args));
    },
  );
  command('cancel <id> [task]', 'Cancel a run, or one task of it.', CANCEL_HELP)
    .option('--wait', 'until the run has ended, so its pods are gone or left as their spec says', false)
    .action((id: string, task: string | undefined, options: { run?: string; wait: boolean }) => {
      if (task !== undefined && options.wait)
        throw usage('--wait is for a whole run: a task says in show how it stands');
      return perform(id, options, (temporal, run) => cancel(temporal, run, task, options.wait));
    });
}

function checkLength(text: string): void {
  try {
    if (milliseconds(text) > 0) return;
  } catch {
    // Refused in any case.
  }
  throw usage(`--by: must be a length of time above 0 (30m, 2h), got '${text}'`);
}
