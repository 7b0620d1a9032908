/** A worker with stub pods in a process of its own, for the tests that kill it. Its argument is the task queue. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { temporal } from '../../support/temporal.ts';
import { noPods, stubPods, workflowsPath } from './dag-worker.ts';

const program = fileURLToPath(import.meta.url);

/** Resolves when the worker polls. */
export async function dagProcess(taskQueue: string): Promise<ChildProcess> {
  const child = fork(program, [taskQueue], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

if (process.argv[1] === program) {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const { nativeConnection: connection, namespace } = await temporal();
  const taskQueue = process.argv[2]!;
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowsPath, ...stubPods(noPods) });
  const running = worker.run();
  process.send?.('polling');
  await running;
}
