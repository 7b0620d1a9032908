/** Histories that `history` has written: files, read and looked at before they are replayed. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { HistoryEvent } from '../common/history-pages.ts';
import { isObject } from '../common/is-object.ts';
import { messageOf } from '../common/message-of.ts';
import { pathText } from '../common/path-text.ts';
import { usage } from '../common/problem.ts';

export interface Recorded {
  /** A file, or the id of a run. */
  readonly from: string;
  readonly workflowId: string;
  readonly workflow: string;
  /** From the first one on, without a gap. */
  readonly events: readonly HistoryEvent[];
}

/** The files that were named, and those in the folders that were. @throws Problem (2) for a path that is not there, or a folder without any */
export const recordedFiles = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) throw usage(`${pathText(path)}: there is no such file or folder`);
    if (!found.isDirectory()) return [path];
    const files = globSync('**/*.json', { cwd: path }).sort();
    if (files.length === 0) throw usage(`${pathText(path)}: there is no history in this folder (*.json)`);
    return files.map((file) => join(path, file));
  });

/** @throws Problem (2) that names the file, and what is wrong with it */
export function readRecorded(file: string): Recorded {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? `is not JSON, or was cut off: ${error.message}` : messageOf(error);
    throw usage(`${pathText(file)}: ${why}`);
  }
  if (!isObject(json) || !Array.isArray(json['events']))
    throw usage(
      `${pathText(file)}: is JSON, but no history: it has no 'events', as \`history <id> --to <file>\` writes them`,
    );
  let events: HistoryEvent[];
  try {
    events = historyFromJSON(json).events ?? [];
  } catch (error) {
    throw usage(`${pathText(file)}: its events cannot be read: ${messageOf(error)}`);
  }
  return recorded(pathText(file), events, basename(file, '.json'));
}

/** @param id of the run, for histories of servers that did not write it down. @throws Problem (2) */
export function recorded(from: string, events: readonly HistoryEvent[], id: string): Recorded {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  if (!started) throw usage(`${from}: is cut off: its first event is not the start of a run`);
  const gap = events.findIndex(({ eventId }, at) => Number(eventId) !== at + 1);
  if (gap > 0) throw usage(`${from}: is cut off: event ${gap} is followed by event ${String(events[gap]?.eventId)}`);
  const sdk = sdkOf(events);
  if (sdk !== undefined && sdk !== OUR_SDK)
    throw usage(`${from}: was made by another SDK (${sdk}): only histories of ${OUR_SDK} can be replayed`);
  const workflow = started.workflowType?.name ?? '';
  return { from, workflow, workflowId: started.workflowId || id, events };
}

const OUR_SDK = 'temporal-typescript';

/** Whose worker has run it; undefined before one has, and of a worker that did not say. */
const sdkOf = (events: readonly HistoryEvent[]): string | undefined =>
  events.map((event) => event.workflowTaskCompletedEventAttributes?.sdkMetadata?.sdkName).find(Boolean) ?? undefined;
