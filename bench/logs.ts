/**
 * Measures the logs on the local stack, with a worker as a process of its own for each case.
 *
 *     node bench/logs.ts            all of it, some 15 minutes
 *     node bench/logs.ts flood init some cases
 *     SECONDS_OF_FLOOD=10 node bench/logs.ts flood
 */
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { readLog } from '../src/logs/index.ts';
import type { PodResult } from '../src/contract/index.ts';
import { real, type Real } from '../test/support/real.ts';
import { logCases, type LogCase } from './log-cases.ts';
import { forgetPeak, memoryOf } from './measures.ts';

interface Row {
  case: string;
  seconds: string;
  lines: number;
  MB: string;
  gaps: number;
  dropped: number;
  'MiB idle': number;
  'MiB peak': number;
  verdict: string;
}

async function measure(world: Real, one: LogCase): Promise<Row> {
  const lane = world.lane(`bench-${one.name}`);
  const worker = await lane.worker({ maxPods: 100 });
  await sleep(1_000);
  const idle = memoryOf(worker.pid);
  forgetPeak(worker.pid);
  const begin = performance.now();
  const runs: WorkflowHandle[] = [];
  const results = await Promise.all(
    Array.from({ length: one.pods ?? 1 }, async () => {
      const run = await lane.start(one.spec);
      runs.push(run);
      return (await run.result()) as PodResult;
    }),
  ).finally(() => Promise.allSettled(runs.map((run) => run.cancel().then(() => run.result()))));
  const seconds = (performance.now() - begin) / 1000;
  const { peak } = memoryOf(worker.pid);
  const wrong: string[] = [];
  for (const result of results) wrong.push(...(await one.check(readLog(fileURLToPath(result.logs.uri)), result)));
  await worker.kill('SIGTERM');
  const sum = (of: (logs: PodResult['logs']) => number) => results.reduce((all, { logs }) => all + of(logs), 0);
  return {
    case: one.what,
    seconds: seconds.toFixed(1),
    lines: sum(({ lines }) => lines),
    MB: (sum(({ bytes }) => bytes) / 1e6).toFixed(1),
    gaps: sum(({ gaps }) => gaps),
    dropped: sum(({ dropped }) => dropped?.lines ?? 0),
    'MiB idle': idle.now,
    'MiB peak': peak,
    verdict: wrong.length === 0 ? 'every byte once' : [...new Set(wrong)].slice(0, 3).join('; '),
  };
}

const names = process.argv.slice(2);
const world = await real();
try {
  const cases = logCases(world.images, Number(process.env['SECONDS_OF_FLOOD'] ?? 60));
  const rows: Row[] = [];
  for (const one of cases.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.error(`${one.name}: ${one.what} …`);
    const row = await measure(world, one).catch((error: unknown) => {
      console.error(error);
      return undefined;
    });
    if (row) rows.push(row);
    if (row) console.error(`  ${row.seconds} s, ${row.verdict}`);
  }
  console.table(rows);
} finally {
  await world.close();
}
