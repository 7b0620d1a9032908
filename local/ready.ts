import { readText } from './files.ts';
import type { Place } from './place.ts';
import { Problem } from '../src/common/problem.ts';
import { find, logFile, running, until } from './processes.ts';

export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n');

function failure(place: Place, part: string, what: string): Problem {
  const log = logFile(place, part);
  return new Problem(`${part} ${what}:\n${lastLines(readText(log) ?? '', 8)}\nthe whole log: ${log}`);
}

/** Waits until a part answers. One that died meanwhile is said at once, with its last words. */
export async function untilReady(
  place: Place,
  part: string,
  program: string,
  answers: () => Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const began = Date.now();
  let died = false;
  const ready = await until(
    async () => {
      if (await answers().catch(() => false)) return true;
      died = Date.now() - began > 1_000 && find(running(place), part, program) === undefined;
      return died;
    },
    withinMs,
    100,
  );
  if (died) throw failure(place, part, 'ended');
  if (!ready) throw failure(place, part, `does not answer after ${Math.round(withinMs / 1000)} s`);
}
