/** How schedules stand, for people and for programs. */
import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';
import { SCHEDULED_START } from '../../contract/index.ts';
import { summaryOf } from '../run/start.ts';
import type { Temporal } from '../temporal/connection.ts';
import { statusColour, statusWord, type StatusWord } from '../temporal/run-query.ts';
import { type Column, tableText } from '../terminal/rows.ts';
import { oneLine } from '../terminal/stdout.ts';
import { lengthText } from '../terminal/time-text.ts';
import { clockNotes } from './clock-changes.ts';
import { overlapWord, specText, zoneOf } from './timing.ts';
import { textIn } from './zone.ts';

/** So many of its next times and of its last runs are shown; Temporal tells ten of each. */
const SHOWN = 5;

export const rowOf = ({ scheduleId, spec, action, state, info }: ScheduleSummary) => ({
  name: scheduleId,
  state: state.paused ? 'paused' : 'active',
  workflow: action?.workflowType ?? '',
  times: spec ? specText(spec) : '',
  ...(info.nextActionTimes[0] && { next: info.nextActionTimes[0].toISOString() }),
  ...(info.recentActions.at(-1) && { last: info.recentActions.at(-1)!.scheduledAt.toISOString() }),
});

type Row = ReturnType<typeof rowOf>;

export const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => (state === 'paused' ? 'yellow' : 'green') },
  { title: 'WORKFLOW', text: ({ workflow }) => workflow },
  { title: 'TIMES', text: ({ times }) => times },
  { title: 'NEXT (UTC)', text: ({ next, state }) => (next && state !== 'paused' ? utcText(next) : '') },
  { title: 'LAST (UTC)', text: ({ last }) => (last ? utcText(last) : '') },
];

/** As `schedule show` writes it in the zone of the schedule. */
const utcText = (iso: string) => textIn('UTC', Date.parse(iso));

interface PastRun {
  readonly scheduledFor: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Undefined: Temporal keeps it no more. */
  readonly status?: StatusWord | undefined;
  readonly durationMs?: number | undefined;
}

export async function documentOf(temporal: Temporal, description: ScheduleDescription) {
  const { scheduleId, action, spec, policies, state, info } = description;
  return {
    name: scheduleId,
    state: state.paused ? 'paused' : 'active',
    ...(state.note && { note: state.note }),
    workflow: action.workflowType,
    args: (action.args ?? []) as unknown[],
    times: specText(spec),
    timeZone: zoneOf(spec),
    overlap: overlapWord(policies.overlap ?? 'SKIP'),
    catchUpMs: policies.catchupWindow,
    next: info.nextActionTimes.slice(0, SHOWN).map((time) => time.toISOString()),
    clockChanges: await clockNotes(temporal, description),
    runs: await Promise.all(
      info.recentActions
        .slice(-SHOWN)
        .reverse()
        .map((action) => pastRun(temporal, action)),
    ),
    skippedByOverlap: info.numActionsSkippedOverlap,
    missedByCatchUp: info.numActionsMissedCatchupWindow,
  };
}

async function pastRun(
  { client }: Temporal,
  { scheduledAt, action }: ScheduleDescription['info']['recentActions'][number],
): Promise<PastRun> {
  const { workflowId, firstExecutionRunId: runId } = action.workflow;
  // This one has the jitter in it; the run itself knows better.
  const run = { scheduledFor: scheduledAt.toISOString(), workflowId, runId };
  try {
    const { status, startTime, closeTime, typedSearchAttributes } = await client.workflow
      .getHandle(workflowId, runId)
      .describe();
    const durationMs = (closeTime?.getTime() ?? Date.now()) - startTime.getTime();
    const scheduledFor = typedSearchAttributes.get(SCHEDULED_START)?.toISOString() ?? run.scheduledFor;
    return { ...run, scheduledFor, status: statusWord(status.name), durationMs };
  } catch {
    return run;
  }
}

export function scheduleText(
  schedule: Awaited<ReturnType<typeof documentOf>>,
  screen: { isTTY?: boolean; columns?: number },
): string {
  const { name, state, note, workflow, args, times, timeZone, overlap, catchUpMs, next, clockChanges, runs } = schedule;
  const inZone = (time: string) => textIn(timeZone, Date.parse(time));
  const { skippedByOverlap: skipped, missedByCatchUp: missed } = schedule;
  const lines: [string, string | undefined][] = [
    ['schedule', name],
    ['state', note ? `${state}: ${oneLine(note)}` : state],
    ['workflow', oneLine(summaryOf(workflow, args))],
    ['times', times],
    ['policy', `overlap ${overlap}, catch-up ${lengthText(catchUpMs)}`],
    ['left out', skipped + missed > 0 ? `${skipped} while another ran, ${missed} older than the catch-up` : undefined],
    [
      'next',
      state === 'paused'
        ? 'none, it is paused'
        : next.map((time) => `${inZone(time)} ${timeZone}`).join(`\n${' '.repeat(LABEL)}`),
    ],
    ['clocks', clockChanges.length > 0 ? clockChanges.join(`\n${' '.repeat(LABEL)}`) : undefined],
  ];
  const head = lines.flatMap(([label, text]) => (text === undefined ? [] : [`${label.padEnd(LABEL)}${text}`]));
  const columns: Column<PastRun>[] = [
    { title: 'STATUS', text: ({ status }) => status ?? 'gone', colour: ({ status }) => status && statusColour(status) },
    { title: `FOR (${timeZone})`, text: ({ scheduledFor }) => inZone(scheduledFor) },
    { title: 'ID', text: ({ workflowId }) => workflowId, cut: 'middle' },
    { title: 'DURATION', text: ({ durationMs }) => (durationMs === undefined ? '' : lengthText(durationMs)) },
  ];
  return [...head, '', runs.length === 0 ? 'no run yet' : tableText(runs, columns, screen)].join('\n');
}

const LABEL = 10;
