/** What one attempt has of its pod: who it is, what is known of it now, its logs, and its result. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEnd } from '../contract/index.ts';
import { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { refOf } from '../pod/identity.ts';
import type { Attempt } from './attempt.ts';
import { concludePod, type Verdict } from './conclude.ts';
import type { PodDependencies } from './dependencies.ts';
import { PodLogs } from './pod-logs.ts';
import type { Removals } from './removals.ts';
import { Outputs } from './result/outputs.ts';

export class PodRun {
  readonly attempt: Attempt;
  readonly logs: PodLogs;
  readonly outputs = new Outputs();
  /** Undefined before this attempt has seen the pod. */
  watcher: PodWatcher | undefined;
  /** Undefined: the result waits until the pod is gone. */
  readonly removals: Removals | undefined;

  constructor(attempt: Attempt, dependencies: Pick<PodDependencies, 'logRoot' | 'policy'>, removals?: Removals) {
    this.attempt = attempt;
    this.removals = removals;
    this.logs = new PodLogs(attempt, dependencies);
  }

  watch(pod: V1Pod): PodWatcher {
    const { cluster, reflector, waits } = this.attempt;
    return (this.watcher = new PodWatcher(cluster, reflector, refOf(pod), pod, waits.watcher));
  }

  /** Drains the logs, then writes the whole end down: once the pod is deleted, its end could not be read any more. */
  async record(verdict: Verdict): Promise<PodEnd> {
    const { recorder } = this.attempt;
    if (!this.watcher) await this.logs.closeStored();
    const ended = await concludePod(this, verdict);
    const standing = await recorder.record({ ended, phase: ended.phase, reason: ended.outcome.kind });
    // A recorded end stands, also against a cancel that came meanwhile. Not recorded: then it is not ours to tell.
    if (standing === 'notFound') await this.attempt.mustStand(standing);
    return ended;
  }

  async close(): Promise<void> {
    await this.logs.stop();
    this.watcher?.close();
    this.attempt.recorder.close();
  }
}
