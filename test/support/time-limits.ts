/**
 * A reporter that fails the unit tests when they are slow, and names those that are. A test that waits for real time has a
 * clock, a backoff or a limit that it could be given; one that works hard has a setup that others could share. A machine that
 * is busy with other things proves nothing: there the limits grow with its load, and what is beyond them is only named.
 */
import { availableParallelism, loadavg } from 'node:os';
import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** On a machine that has nothing else to do. */
const ONE_TEST_MS = 2_000;
const ALL_TESTS_MS = 60_000;
/** More processes for each core than the tests themselves are. */
const BUSY = 2.5;

interface Slow {
  readonly took: number;
  readonly where: string;
}

/** What `--test-reporter` calls. */
export default (events: AsyncIterable<TestEvent>) =>
  timeLimits(events, () => (loadavg()[0] ?? 0) / availableParallelism());

/** @param load processes that want each core */
export async function* timeLimits(events: AsyncIterable<TestEvent>, load: () => number): AsyncGenerator<string> {
  // How many times as long everything takes here as on a machine that has nothing else to do.
  const patience = () => Math.max(1, load());
  const began = performance.now();
  const slow: Slow[] = [];
  for await (const { type, data } of events) {
    if (type !== 'test:complete' || !data.file || data.details.type === 'suite') continue;
    // A whole file is told as a test, too.
    if (resolve(data.name) === data.file) continue;
    const took = data.details.duration_ms;
    if (took > ONE_TEST_MS * patience())
      slow.push({ took, where: `${relative('.', data.file)}:${data.line}  ${data.name}` });
  }
  const took = performance.now() - began;
  if (took > ALL_TESTS_MS * patience()) slow.push({ took, where: 'all of them together' });
  if (slow.length === 0) return;
  const proven = load() < BUSY;
  if (proven) process.exitCode = 1;
  const lines = slow.sort((a, b) => b.took - a.took).map((one) => `  ${seconds(one.took).padStart(7)}  ${one.where}\n`);
  const limits = `a unit test may take ${seconds(ONE_TEST_MS)}, all of them ${seconds(ALL_TESTS_MS)}`;
  const here = `${proven ? '' : 'not counted as failures, '}each core has ${load().toFixed(1)} processes`;
  yield `\ntoo slow: ${limits} (${here})\n${lines.join('')}`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
