/** The command line: `run` a workflow and stay with it, or only `start` it. */
import { commandLine } from './client/command-line.ts';
import { messageOf } from './common/message-of.ts';
import { main } from './common/problem.ts';

// Of itself Node would end with 1, and that says that a run failed.
process.on('uncaughtException', (error: unknown) => {
  console.error(process.argv.includes('--debug') ? error : `temporal-pods: failed on the side: ${messageOf(error)}`);
  process.exit(3);
});
// Progress that cannot be written any more is no reason to leave the run.
process.stderr.on('error', () => undefined);

await main(() => commandLine(process.argv));
