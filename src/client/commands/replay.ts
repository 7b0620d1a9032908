/** `replay`: whether the code as it is now fits runs that were recorded, or are under way. */
import { InvalidArgumentError } from 'commander';
import { Problem, usage } from '../../common/problem.ts';
import { workflowsModule } from '../../config/index.ts';
import { readRecorded, type Recorded, recorded, recordedFiles } from '../../replay/recorded.ts';
import { type Replayer, replayerOf } from '../../replay/replay.ts';
import { runsToReplay } from '../replay/runs.ts';
import type { Temporal } from '../temporal/connection.ts';
import { createOutput } from '../terminal/output.ts';
import { tellIfSlow } from '../terminal/slow.ts';
import { nameText, oneLine, printData, printJson } from '../terminal/stdout.ts';
import type { Program } from './program.ts';

interface Options {
  readonly open?: boolean;
  readonly workflow?: string;
  readonly last?: number;
  readonly output: 'text' | 'json';
}

/** What became of one history. */
interface Row {
  readonly from: string;
  readonly workflowId?: string;
  readonly runId?: string;
  readonly workflow?: string;
  readonly status?: 'running' | 'ended';
  readonly result: 'fits' | 'does not fit' | 'unreadable';
  readonly task?: string;
  readonly says?: string;
}

const HELP = `
Would the code in TEMPORAL_PODS_WORKFLOWS, as it is on this machine, break a run that is under way? It is replayed against the history of each,
in Temporal's own sandbox; no pod starts, and nothing is changed. What does not fit would be stuck after a deploy of this code.
  replay test/histories                        what history <id> --to <file> wrote: files, or folders of them; needs no server
  replay --open                                all runs of the task queue that are under way, chunks of maps too
  replay --open --workflow nightly --last 20   those of one workflow, and the last 20 that have ended: how far later runs come
A run that has ended is not broken by anything; one like it would be. What to do: docs/changing.md.

Exit code: 0 all fit, 1 some do not, 2 the call is wrong, the code cannot be bundled or a history cannot be read, 3 Temporal does not answer.`;

export function replayCommand(program: Program): void {
  program
    .command('replay [histories...]', 'Say whether the code as it is now fits recorded or running runs.', [
      'text',
      'json',
    ])
    .option('--open', 'the runs of the task queue that are under way')
    .option('--workflow <name>', 'with --open: only those of this workflow, and their chunks')
    .option('--last <number>', 'with --open: also so many that have ended (default: 0)', readLast)
    .addHelpText('after', HELP)
    .action(async (histories: string[], options: Options) => {
      const { open, workflow, last } = options;
      if (open && histories.length > 0)
        throw usage(`--open looks for the runs itself, and got also: ${histories.join(' ')}`);
      if (!open && (workflow !== undefined || last !== undefined))
        throw usage(`${workflow === undefined ? '--last' : '--workflow'} goes with --open`);
      if (open) await program.withTemporal((temporal) => report(runRows(temporal, options), options));
      else {
        if (histories.length === 0) throw usage('it takes files or folders that `history` wrote, or --open');
        const files = recordedFiles(histories);
        program.exitCode = await report(fileRows(files), options);
      }
    });
}

async function* fileRows(files: readonly string[]): AsyncGenerator<Row> {
  const replayer = await loaded();
  for (const file of files) {
    try {
      const history = replayer.known(readRecorded(file));
      const { workflowId, workflow } = history;
      yield { from: file, workflowId, workflow, ...(await resultOf(replayer, history)) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      yield { from: file, result: 'unreadable', says: error.message.replace(`${file}: `, '') };
    }
  }
}

async function* runRows(temporal: Temporal, { workflow, last = 0 }: Options): AsyncGenerator<Row> {
  const replayer = await loaded();
  for await (const { workflowId, runId, isOpen, events } of runsToReplay(temporal, { workflow, last })) {
    const name = nameText(workflowId);
    const about = { from: name, workflowId, runId, status: isOpen ? ('running' as const) : ('ended' as const) };
    try {
      const history = replayer.known(recorded(name, events, workflowId));
      yield { ...about, workflow: history.workflow, ...(await resultOf(replayer, history)) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Not a faulty call: the run is there, and this code is not for it.
      yield { ...about, result: 'does not fit', says: error.message.replace(`${name}: `, '') };
    }
  }
}

/** A bundle that was not kept takes webpack some seconds. */
const loaded = (): Promise<Replayer> => tellIfSlow('bundling the workflows', () => replayerOf(workflowsModule()));

async function resultOf(replayer: Replayer, history: Recorded): Promise<Pick<Row, 'result' | 'says' | 'task'>> {
  const misfit = await replayer.replay(history);
  return misfit ? { result: 'does not fit', ...misfit } : { result: 'fits' };
}

async function report(found: AsyncIterable<Row>, { output }: Options): Promise<number> {
  const rows: Row[] = [];
  for await (const row of found) {
    rows.push(row);
    if (output === 'text') printData(lineOf(row));
  }
  if (output === 'json') printJson(rows);
  const count = (result: Row['result']) => rows.filter((row) => row.result === result).length;
  const [misfits, unreadable] = [count('does not fit'), count('unreadable')];
  const say = (text: string) => createOutput('text').say(text);
  if (rows.length === 0) say('there is no such run, so nothing was replayed');
  else if (misfits + unreadable === 0) say(`all ${rows.length} fit`);
  if (misfits > 0)
    say(
      `${misfits} of ${rows.length} do not fit: deployed, this code would leave such runs stuck. What to do: docs/changing.md`,
    );
  if (unreadable > 0) say(`${unreadable} of ${rows.length} could not be read`);
  return unreadable > 0 ? 2 : misfits > 0 ? 1 : 0;
}

function lineOf({ from, workflow, status, result, says }: Row): string {
  const about = [workflow, status].filter(Boolean).join(', ');
  const why = says === undefined ? '' : `: ${says}`;
  return `${result.padEnd(12)} ${oneLine(`${from}${about ? ` (${about})` : ''}${why}`)}`;
}

function readLast(text: string): number {
  const last = Number(text);
  if (Number.isInteger(last) && last >= 0 && last <= 1_000) return last;
  throw new InvalidArgumentError('it takes a whole number from 0 to 1000');
}
