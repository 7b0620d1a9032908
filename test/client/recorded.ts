/** The recorded histories, as the client reads them. Those of test/workflows ran stub pods: their activity has another name. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { HistoryEvent } from '../../src/common/history-pages.ts';
import { RunHistory } from '../../src/client/history/run-history.ts';

const test = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const recordings = globSync(['histories/*/*.json', 'workflows/histories/*.json'], { cwd: test('') }).sort();

export function eventsOf(file: string): HistoryEvent[] {
  const json = readFileSync(test(file), 'utf8').replaceAll('"stubPod"', '"runPod"');
  return historyFromJSON(JSON.parse(json)).events ?? [];
}

/** @param until of this event the story ends, as if the run were there now; default: at its end */
export function historyOf(file: string, until?: (event: HistoryEvent) => boolean): RunHistory {
  const events = eventsOf(file);
  const history = new RunHistory(events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '');
  const cut = until ? events.findIndex(until) + 1 : events.length;
  for (const event of events.slice(0, cut)) history.take(event);
  return history;
}
