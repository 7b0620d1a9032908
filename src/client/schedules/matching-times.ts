/** The times of a schedule, as Temporal itself counts them. */
import type { Temporal } from '../temporal/connection.ts';

/** Temporal tells of no more times than that, and lets no more runs of a schedule wait for their turn. */
export const LIMIT = 1000;

/** After `start`, up to and with `end`; milliseconds since 1970, at most `LIMIT`. */
export async function timesIn(
  { client, config }: Temporal,
  scheduleId: string,
  { start, end }: { start: Date; end: Date },
) {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: config.namespace,
    scheduleId,
    startTime: timestamp(start),
    endTime: timestamp(end),
  });
  return (startTime ?? []).map(({ seconds }) => Number(seconds) * 1000);
}

/** The numbers of the API are int64, which protobuf makes of a number too. */
const timestamp = (date: Date) => ({
  seconds: Math.floor(date.getTime() / 1000) as unknown as Long,
  nanos: (date.getTime() % 1000) * 1e6,
});
type Time = NonNullable<Parameters<Temporal['client']['workflowService']['listScheduleMatchingTimes']>[0]['startTime']>;
type Long = NonNullable<Time['seconds']>;
