/** What misfits.ts starts: the thread in which values are held against schemas. */
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import type { Question } from './misfits.ts';
import { schemaFaults, schemaProblems } from './schema.ts';

parentPort?.on('message', (question: Question) => parentPort?.postMessage(misfits(question)));

/** The schema of a spec that an older worker let in may be one that cannot be used. */
function misfits({ schema, json, limitMs }: Question): string[] {
  try {
    const problems = schemaProblems(schema);
    if (problems.length > 0) return problems;
    const faults = bounded(limitMs, () => schemaFaults(schema, JSON.parse(json)));
    return faults.length > 0 ? ['it does not fit result.schema:', ...faults] : [];
  } catch (error) {
    return [`it cannot be held against result.schema: ${String(error)}`];
  }
}

/**
 * A pattern can take for ever over a text that is made for it. Cut off in here, not by a timer of the worker's: one that was
 * frozen, or busy, would wake up to a timer that has run out and an answer that is not read yet.
 *
 * @throws Error after that time
 */
const bounded = <T>(timeout: number, work: () => T): T => runInNewContext('work()', { work }, { timeout }) as T;
