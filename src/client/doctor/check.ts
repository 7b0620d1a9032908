/** One thing that a run needs, and how it stands. */
import { messageOf } from '../../common/message-of.ts';
import { lengthText } from '../terminal/time-text.ts';

export interface Check {
  readonly about: 'Temporal' | 'Kubernetes' | 'this machine' | 'a pod';
  readonly name: string;
  /** `unknown`: it could not be asked, which says nothing against it. */
  readonly result: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly says: string;
  /** What to do about it. */
  readonly todo?: string | undefined;
}

export type Verdict = Omit<Check, 'about' | 'name'>;

export const ok = (says: string): Verdict => ({ result: 'ok', says });
export const warning = (says: string, todo?: string): Verdict => ({ result: 'warning', says, todo });
export const failed = (says: string, todo?: string): Verdict => ({ result: 'failed', says, todo });
export const unknown = (says: string, todo?: string): Verdict => ({ result: 'unknown', says, todo });

/** Whatever is thrown is what the check found out. */
export async function check(
  about: Check['about'],
  name: string,
  work: () => Verdict | Promise<Verdict>,
): Promise<Check> {
  try {
    return { about, name, ...(await work()) };
  } catch (error) {
    return { about, name, ...failed(messageOf(error)) };
  }
}

const WARN_MS = 5_000;
const FAIL_MS = 60_000;

/** Deadlines are counted from Temporal's clock and the cluster's, by the worker's. */
export function skewVerdict(theirs: number, ours: number): Verdict {
  const skew = theirs - ours;
  const away = Math.abs(skew);
  if (away < WARN_MS) return ok('is that of this machine, to within 5 s');
  const says = `is ${lengthText(away)} ${skew > 0 ? 'ahead of' : 'behind'} this machine`;
  return (away < FAIL_MS ? warning : failed)(says, 'let both follow a time server: deadlines are wrong by as much');
}
