/** Workflows that every worker has, whatever its own are: sweeps are started by a schedule, the others by the client. */
export { dryRun } from './dry-run.ts';
export { pod } from './pod.ts';
export { sweep } from './sweep.ts';
