/** `npm run worker`. */
import { main } from './common/problem.ts';
import { workerConfig } from './config/index.ts';
import { runWorker } from './worker/run-worker.ts';

await main(async () => {
  await runWorker(await workerConfig());
  return 0;
});
