/** The command line: `run` a workflow and stay with it, or only `start` it. */
import { commandLine } from './client/command-line.ts';
import { main } from './common/problem.ts';

await main(() => commandLine(process.argv));
