/** `worker`: for a machine with the installed package, and no checkout with its npm scripts. */
import { startLean } from '../../worker/lean-start.ts';
import { workerConfig } from '../../config/worker.ts';
import { endAfterCrash } from '../terminal/stdout.ts';
import type { Program } from './program.ts';

const HELP = `
It runs workflows and pods until it is told to stop; its pods live on, and the next worker adopts them. Its configuration is in the
environment, see README.md; whether all is well: doctor.`;

export function workerCommand(program: Program): void {
  program
    .command('worker', 'Run a worker, until Ctrl-C.')
    .addHelpText('after', HELP)
    .action(async () => {
      startLean();
      // Only here: the SDK takes a while to load, and no other command needs all of it.
      const { runWorker } = await import('../../worker/run-worker.ts');
      const config = await workerConfig();
      // The worker tells its own faults from those of an author's callback, which do not end it.
      process.off('uncaughtException', endAfterCrash);
      await runWorker(config);
    });
}
