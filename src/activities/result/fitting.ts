/** Makes an end short enough to be recorded: heartbeat details are stored with every heartbeat. Pure. */
import type { PodEnd } from '../../contract/index.ts';

export const RECORD_BYTES = 24 * 1024;
const EVENTS = 5;

/** Cuts what is only for readers, the least needed first; control characters take six bytes each as JSON. */
export function fitting(end: PodEnd): PodEnd {
  const { outcome, events, problems } = end;
  let fit: PodEnd = {
    ...end,
    outcome: { ...outcome, ...(outcome.message !== undefined && { message: cut(outcome.message, 1024) }) },
    ...(events && { events: events.slice(-EVENTS).map((event) => ({ ...event, message: cut(event.message, 500) })) }),
    ...(problems && { problems: problems.map((problem) => cut(problem, 200)) }),
  };
  while (Buffer.byteLength(JSON.stringify(fit)) > RECORD_BYTES) {
    const less = shorter(fit);
    if (!less) break;
    fit = less;
  }
  return fit;
}

function shorter(end: PodEnd): PodEnd | undefined {
  const { logs, events, problems } = end;
  if (logs.tail !== '') return { ...end, logs: { ...logs, tail: logs.tail.slice(Math.ceil(logs.tail.length / 2)) } };
  if (events?.length) return { ...end, events: events.slice(1) };
  if (problems?.length) return { ...end, problems: problems.slice(1) };
  return undefined;
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);
