/** Values against schemas in a thread of its own: whatever an author's schema costs, the worker's other pods do not wait for it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ownFile } from '../common/own-file.ts';
import type { Schema } from './keywords.ts';

export interface Question {
  schema: Schema;
  /** As text: it is copied faster than a value. */
  json: string;
  limitMs: number;
}

/** A value has at most 1 MiB; the texts of its faults can be a thousand times as long. */
const MEMORY_MB = 256;
const LIMIT_MS = 2_000;

let thread: Worker | undefined;
let earlier: Promise<unknown> = Promise.resolve();

/**
 * Why the value does not fit the schema, in lines; empty when it does. One question after another, each bounded (thread.ts).
 *
 * @throws Error when there can be no thread
 */
export function misfits(schema: Schema, json: string, limitMs = LIMIT_MS): Promise<string[]> {
  const answer = earlier.then(() => ask({ schema, json, limitMs }));
  earlier = answer.catch(() => undefined);
  return answer;
}

async function ask(question: Question): Promise<string[]> {
  const asked = (thread ??= started());
  asked.ref();
  try {
    const answer = once(asked, 'message');
    asked.postMessage(question);
    return ((await answer) as [string[]])[0];
  } catch (error) {
    // Anything else says nothing about the value: another attempt asks again.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    return [`it cannot be held against result.schema: that takes more than ${MEMORY_MB} MB of memory`];
  } finally {
    asked.unref();
  }
}

/** The next question starts another one, should it end: it does when it has no memory left. */
function started(): Worker {
  const worker = new Worker(ownFile('./thread', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  worker.on('error', () => (thread = undefined));
  return worker;
}
