/** The command line: `run` a workflow and stay with it, or only `start` it. */
import { commandLine } from './client/command-line.ts';
import { endAfterCrash } from './client/terminal/stdout.ts';
import { main } from './common/problem.ts';

process.on('uncaughtException', endAfterCrash);
// Progress that cannot be written any more is no reason to leave the run.
process.stderr.on('error', () => undefined);

await main(() => commandLine(process.argv));
