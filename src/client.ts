/** The command line: `run` a workflow and stay with it, or only `start` it. */
import { endAfterCrash } from './client/terminal/stdout.ts';
import { main } from './common/problem.ts';
import { endLeanStart, startLean } from './worker/lean-start.ts';

process.on('uncaughtException', endAfterCrash);
// Progress that cannot be written any more is no reason to leave the run.
process.stderr.on('error', () => undefined);

await main(async () => {
  startLean();
  const { commandLine } = await import('./client/command-line.ts');
  endLeanStart();
  return commandLine(process.argv);
});
