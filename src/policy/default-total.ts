/** How long a pod may take whose author says nothing about it: a default must not break the operator's rule. */
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_TIMEOUTS } from '../contract/defaults.ts';
import type { Duration, PodSpec } from '../contract/index.ts';
import type { Policy } from './rules.ts';

/** Undefined: the usual default, or what the author says. Who asks for anything longer than the rule has to be told, by the rule. */
export function defaultTotal({ timeouts = {} }: PodSpec, { maxRunTime = Infinity }: Policy): Duration | undefined {
  if (timeouts.total !== undefined || maxRunTime === Infinity) return undefined;
  const most = milliseconds(maxRunTime);
  if (most >= milliseconds(DEFAULT_TIMEOUTS.total)) return undefined;
  const { schedule, start, init, imagePull, run, nodeLost } = timeouts;
  const asked = [schedule, start, init, imagePull, run, nodeLost];
  return asked.some((length) => length !== undefined && milliseconds(length) > most) ? undefined : maxRunTime;
}

export const withTotal = (spec: PodSpec, total: Duration | undefined): PodSpec =>
  total === undefined ? spec : { ...spec, timeouts: { ...spec.timeouts, total } };
