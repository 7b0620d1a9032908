/** `npm run worker`. */
import { main } from './common/problem.ts';
import { startLean } from './worker/lean-start.ts';

await main(async () => {
  startLean();
  const { workerConfig } = await import('./config/index.ts');
  const { runWorker } = await import('./worker/run-worker.ts');
  await runWorker(await workerConfig());
  return 0;
});
