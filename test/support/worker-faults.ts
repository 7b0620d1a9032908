/** Is loaded into a worker before its own code (`--import`). At SIGHUP the worker fails as the variable FAULT says. */
import { isMainThread } from 'node:worker_threads';

/** What the SDK has, and does not show. */
interface Inside {
  options: { taskQueue: string };
  unexpectedErrorSubject: { error(error: Error): void };
}

const FAULTS: Record<string, () => void> = {
  rejection: () => void Promise.reject(new TypeError('a promise of our own')),
  exception: () => {
    throw new TypeError('an exception of our own');
  },
};

if (isMainThread) {
  const { Worker } = await import('@temporalio/worker');
  const create = Worker.create.bind(Worker);
  Worker.create = async (options) => {
    const worker = await create(options);
    const { options: compiled, unexpectedErrorSubject: end } = worker as unknown as Inside;
    if (compiled.taskQueue.endsWith('-cleanup'))
      FAULTS['poller'] = () => end.error(new Error('the server makes no sense'));
    return worker;
  };
  // The SDK takes SIGUSR2 for a wish to end.
  process.on('SIGHUP', () => FAULTS[process.env['FAULT'] ?? '']?.());
}
