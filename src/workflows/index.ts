/** Every export of this file is a workflow that can be started by its name. */
export { diamond } from './diamond.ts';
export { dryRun } from './dry-run.ts';
export { hello } from './hello.ts';
export { pod } from './pod.ts';
export { sweep } from './sweep.ts';
