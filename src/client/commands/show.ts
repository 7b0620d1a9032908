/** `show`: how a run stands, task by task. */
import { usage } from '../../common/problem.ts';
import { earlierRuns, LiveRun } from '../view/live-run.ts';
import { LEFT } from '../terminal/interrupts.ts';
import { findRun, type FoundRun } from '../temporal/find-run.ts';
import { readRun } from '../history/read-run.ts';
import { runDocument, viewOf, footLines, headLines, statusLines, tasksOf, type RunView } from '../view/view.ts';
import { apart, lineText, type Line } from '../terminal/lines.ts';
import { taskLines } from '../view/task-lines.ts';
import { watchRun } from '../view/watching.ts';
import { tellIfSlow } from '../terminal/slow.ts';
import { printData, printJson } from '../terminal/stdout.ts';
import type { Temporal } from '../temporal/connection.ts';
import { RUN_OPTION, type Program } from './program.ts';

interface Options {
  readonly run?: string;
  readonly watch?: boolean;
  readonly output: 'text' | 'json' | 'name';
}

/** A worker that has just died is waited for, and a long history is replayed first. */
const SLOW = 'waiting for a worker to tell how the tasks stand';

const HELP = `
Under each task stand those that wait for it. The state of a running run is its worker's; without one, and of a run that is over, it is
read from the history. What is left is told from how long the same tasks took in the last runs that ended well, if there were any.
  show nightly-7f3a --watch
  show nightly-7f3a -o name        the names of its tasks
Ctrl-C ends the watching, never the run.

Exit code: 0; with --watch 1 for a run that did not end well, 130 when you left before its end. 2 the call is wrong, 3 Temporal does not
answer.`;

export function showCommand(program: Program): void {
  program
    .command('show <id>', 'Show a run: its tasks as a tree, how each stands, what is left.', ['text', 'json', 'name'])
    .option(...RUN_OPTION)
    .option('-w, --watch', 'stay until it has ended')
    .addHelpText('after', HELP)
    .action(async (id: string, options: Options) => {
      if (options.watch && options.output !== 'text') throw usage('--watch shows text: leave -o out');
      await program.withTemporal((temporal) => show(temporal, id, options));
    });
}

async function show(temporal: Temporal, id: string, { run: runId, watch, output }: Options): Promise<number> {
  const run = await findRun(temporal, id, runId);
  if (watch) return watchAll(temporal, run, runId === undefined);
  const known = await tellIfSlow(SLOW, () => readRun(temporal, run));
  const earlier = known.history.closed ? [] : await earlierRuns(temporal, run);
  const view = viewOf({ run, earlier, ...known }, Date.now());
  if (output === 'json') printJson(runDocument(view));
  else if (output === 'name') printNames(view);
  else printView(view);
  return 0;
}

/** Until it has ended; with `wholeChain` also each run that goes on in its place (`continueAsNew`). */
async function watchAll(temporal: Temporal, first: FoundRun, wholeChain: boolean): Promise<number> {
  for (let run = first; ;) {
    const live = new LiveRun(temporal, run);
    const code = await watchRun(live);
    const { next } = live.known.history.closed ?? {};
    if (code === LEFT || next === undefined || !wholeChain) return code;
    run = await findRun(temporal, run.workflowId, next);
  }
}

function printNames({ graph }: RunView): void {
  const names = tasksOf(graph).map(({ name }) => name);
  if (names.length > 0) printData(names.join('\n'));
}

/** On a terminal a task has a line, whatever there is to say of it; all the rest is there as a whole. */
function printView(view: RunView): void {
  const { stdout } = process;
  const now = Date.now();
  const whole = (line: Line) => lineText(line, { isTTY: stdout.isTTY });
  const lines = [
    ...[...headLines(view), ...statusLines(view, now)].map(whole),
    ...apart(taskLines(view.graph, now)).map((line) => lineText(line, stdout)),
    ...footLines(view).map(whole),
  ];
  printData(lines.join('\n'));
}
