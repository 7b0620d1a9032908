/** `logs`: what the pods of a run have printed, or print. */
import { InvalidArgumentError } from 'commander';
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';
import { callText } from '../../common/program-name.ts';
import { findRun } from '../temporal/find-run.ts';
import { untilLeft } from '../terminal/interrupts.ts';
import { LogFolders } from '../logs/folders.ts';
import { followLogs, overKey } from '../logs/logs-follow.ts';
import { podsMeant, printNow, type Printed, type RunPods } from '../logs/logs-now.ts';
import { LogPrinter } from '../logs/printer.ts';
import { checkTasks, selection, unknownTasks, type LogOptions } from '../logs/selection.ts';
import { createOutput } from '../terminal/output.ts';
import type { RunPod } from '../history/run-graph.ts';
import { readHistory } from '../history/read-history.ts';
import { runGraph } from '../history/read-run.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readSince } from '../terminal/time-text.ts';
import { RUN_OPTION, type Program } from './program.ts';

interface Options extends LogOptions {
  readonly run?: string | undefined;
  readonly follow: boolean;
  readonly prefix: boolean;
}

const HELP = `
A line begins with its task, from the second pod of a task on with its number (load#2), and with the container if it is not the main
one. Lines of several pods are in the order of time; of more than 100 pods, one is printed after the other. With -f there follows, as
it comes, what is written from now on, to the end of the run.
  logs nightly-7f3a load -f --tail 20
  logs nightly-7f3a load -c fetch --since 10m
  logs nightly-7f3a load           of a task.map the logs of all its items; load-17: of one
Logs are read from the folder TEMPORAL_PODS_LOG_DIR, which the workers share. Of one that is not there, the history has the last lines.

Exit code: 0, 130 when you left before the end, 2 the call is wrong, 3 Temporal does not answer.`;

export function logsCommand(program: Program): void {
  program
    .command('logs <id> [tasks...]', 'Show what the pods of a run print, or have printed: of these tasks, or of all.')
    .option(...RUN_OPTION)
    .option('-f, --follow', 'stay until the run has ended', false)
    .option('-c, --container <name>', 'only this container; may be given several times', gather, [])
    .option('--since <time>', 'only lines since then: 30s, 10m, 2h, or a moment in ISO 8601')
    .option('--tail <lines>', 'of each container only so many of the last lines', wholeFrom(0))
    .option('--try <number>', 'only the pods of this try', wholeFrom(1))
    .option('--timestamps', 'each line with its time', false)
    .option('--no-prefix', 'lines as the pods print them; what is missing is told on stderr')
    .addHelpText('after', HELP)
    .action(async (id: string, tasks: string[], given: Options & { container: string[]; since?: string }) => {
      const since = given.since === undefined ? undefined : readSince('--since', given.since, Date.now());
      const options = { ...given, tasks, containers: given.container, since };
      await program.withTemporal((temporal) => logs(temporal, id, options));
    });
}

async function logs(temporal: Temporal, id: string, options: Options): Promise<number> {
  const run = await findRun(temporal, id, options.run);
  const history = await readHistory(temporal, run);
  const { nodes } = history.graph();
  // Only a worker knows of tasks that have no pod yet, and it may take its time.
  const isTold = history.closed || unknownTasks(options.tasks, nodes).length === 0;
  checkTasks(options.tasks, isTold ? nodes : (await runGraph(temporal, run)).nodes);
  const output = createOutput('text', process, { prefixed: options.prefix });
  const printer = new LogPrinter(output, options);
  const folders = new LogFolders(temporal.config.logRoot, output);
  const chosen = selection(options);
  const maps = new Set(history.chunks.map(({ task }) => task));
  if (options.tasks.length === 0 && maps.size > 0)
    output.say(`without the items of ${[...maps].join(', ')}; for those: ${callText('logs', id, ...maps)}`);

  const print = async (signal?: AbortSignal) => {
    const meant = await podsMeant(temporal, run, { history, selection: chosen });
    return { meant, printed: await printNow(folders, meant, { options, printer, signal }) };
  };
  if (history.closed || !options.follow) {
    const { meant, printed } = await print();
    mustBeTried(options, meant, history.graph().pods);
    tellNothing(output, meant, printed, options);
    return 0;
  }
  const wholeChain = options.run === undefined;
  return untilLeft(async (signal) => {
    const { meant, printed } = await print(signal);
    const over = new Set(
      meant.flatMap(({ run, pods }) => pods.filter(({ end }) => end).map((pod) => overKey(run, pod))),
    );
    if (!signal.aborted)
      await followLogs(temporal, run, chosen, { options, folders, printer, wholeChain, printed, over, signal });
    if (signal.aborted) output.say(`left ${run.workflowId}; it goes on without you`);
  });
}

/** @throws Problem (2) for a try that never was, with those that were */
export function mustBeTried(
  { tasks, try: one }: Pick<LogOptions, 'tasks' | 'try'>,
  meant: readonly RunPods[],
  all: readonly RunPod[],
): void {
  if (one === undefined || meant.some(({ pods }) => pods.length > 0)) return;
  const ofAnyTry = selection({ tasks });
  const known = [...new Set(all.filter((pod) => ofAnyTry.accepts(pod)).map((pod) => pod.try))].sort((a, b) => a - b);
  throw usage(
    `--try: no pod of it was try ${one}; ${known.length === 0 ? 'it has no pod' : `there is: ${known.join(', ')}`}`,
  );
}

/** An empty answer that says why it is empty. */
function tellNothing(
  { say }: Pick<ReturnType<typeof createOutput>, 'say'>,
  meant: readonly RunPods[],
  printed: Printed,
  { containers }: LogOptions,
): void {
  const pods = meant.flatMap(({ pods }) => pods);
  const known = [...new Set([...printed.values()].flatMap((seen) => [...seen.keys()]))];
  if (pods.length === 0) return say('there is no pod of it');
  for (const name of containers) {
    if (known.length === 0 || known.includes(name)) continue;
    const hint = suggestion(name, known, { otherwise: `; there are: ${known.join(', ')}` });
    say(`no container '${name}' has a log here${hint}`);
  }
}

const gather = (name: string, before: string[]): string[] => [...before, name];

const wholeFrom = (least: number) => (text: string) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new InvalidArgumentError(`it takes a whole number from ${least}`);
};
