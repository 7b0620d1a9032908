import { continueAsNew, executeChild, sleep } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import type { Duration, PodSpec } from '../../contract/index.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';
import { asChild } from './as-child.ts';

/** The exit code with which a pod says: not yet. */
const NOT_YET = 99;

export interface Sensor {
  /** A pod that looks. Exit code 0: it is there; 99: not yet; any other: the sensor fails. */
  readonly look: PodSpec;
  /** Between two looks. Default 1 minute. */
  readonly every?: Duration;
  /** By which that grows from look to look. Default 1. */
  readonly factor?: number;
  /** How long it grows at most. Default 1 hour. */
  readonly atMost?: Duration;
  /** When to give up, in milliseconds since 1970. */
  readonly until: number;
  /** Looks, then a new history begins: a week of them, one a minute, would be 10,000 pods. Default 100. */
  readonly perHistory?: number;
}

/** A sensor, in `reschedule` mode: nothing runs, and no slot is taken, between two looks. @returns whether it came in time */
export async function sensor(input: Sensor): Promise<boolean> {
  const { look, every = '1m', factor = 1, atMost = '1h', until, perHistory = 100 } = input;
  let wait = milliseconds(every);
  const seen = await dag(async (task) =>
    task('look', async () => {
      for (let looks = 0; looks < perHistory; looks++) {
        const { outcome } = await runPod({ ...look, exitCodes: { ...look.exitCodes, skip: [NOT_YET] } });
        if (outcome === 'Succeeded') return true;
        if (Date.now() >= until) return false;
        await sleep(Math.min(wait, until - Date.now()), { summary: 'until the next look' });
        wait = Math.min(wait * factor, milliseconds(atMost));
      }
      return undefined;
    }),
  );
  return seen ?? (await continueAsNew<typeof sensor>({ ...input, every: wait }));
}

/** A sensor in front of a task, with `soft_fail`: when nothing comes in time, that is no failure. */
export async function waitForFile({
  image = 'busybox:1.37',
  test = 'wget -q --spider http://data/orders.csv',
  every = '1m',
  timeout = '7d',
} = {}): Promise<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script] });
  return dag(async (task) => {
    const look = sh(`${test} || exit ${NOT_YET}`);
    const arrived = task('arrived', () => {
      const until = Date.now() + milliseconds(timeout);
      return executeChild(sensor, { ...asChild('arrived'), args: [{ look, every, until }] });
    });
    if (!(await arrived)) return 'nothing came';
    await task('load', () => runPod(sh('echo loading')));
    return 'loaded';
  });
}
