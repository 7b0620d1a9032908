/**
 * Workflow interceptors that answer for the pods of a workflow, in no time: each pod takes as long, and ends as, its image says.
 * `2 fail, 1 ok`: the first try fails after 2 s, the next one succeeds after 1 s. `stays`: it fails, and nothing makes it go.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import type { PodFailureDetails, PodResult, RunPodInput } from '../../../src/contract/index.ts';
import { rootFailure } from '../../../src/workflows/dag/failures.ts';
import { Clock } from '../../../src/workflows/plan/clock.ts';

export interface Told {
  /** `+a-1` a pod starts, `-a-1` it has ended, in their order; with its args where it has some. */
  pods: string[];
  /** How many ran at once, at most. */
  most: number;
  end?: 'completed' | { type: string; message: string };
}

export interface ToldSinks extends Sinks {
  told: { report(json: string): void };
}

export function interceptors(): WorkflowInterceptors {
  const { told } = proxySinks<ToldSinks>();
  const clock = new Clock();
  const report: Told = { pods: [], most: 0 };
  const pods = new Map<string, number>();
  let running = 0;

  async function runPod({ task, spec }: RunPodInput): Promise<PodResult> {
    const number = (pods.get(task) ?? 0) + 1;
    pods.set(task, number);
    const id = `${task}-${number}`;
    const [seconds, how] = (spec.image?.split(', ')[number - 1] ?? '1 ok').split(' ');
    report.pods.push(`+${[id, ...(spec.args ?? [])].join(' ')}`);
    report.most = Math.max(report.most, ++running);
    await clock.sleep(Number(seconds) * 1000);
    running--;
    report.pods.push(`-${id}`);
    const pod = { namespace: 'n', name: id, uid: id };
    const cleanup = { gone: how !== 'stays' };
    if (how === 'ok') {
      const logs = { uri: '', lines: 0, bytes: 0, gaps: 0, tail: '' };
      return { outcome: 'Succeeded', exitCode: 0, output: undefined, pod, times: {}, logs, cleanup };
    }
    const details: PodFailureDetails = { kind: 'ContainerFailed', startedEver: true, exitCode: 3, pod, cleanup };
    const cause = ApplicationFailure.create({ message: `${id} failed`, type: 'ContainerFailed', details: [details] });
    throw new ActivityFailure('failed', 'runPod', id, 'NON_RETRYABLE_FAILURE', 'worker', cause);
  }

  return {
    inbound: [
      {
        async execute(input, next) {
          void clock.run();
          try {
            await next(input);
            report.end = 'completed';
          } catch (error) {
            report.end = rootFailure(error);
          }
          return undefined;
        },
      },
    ],
    outbound: [
      {
        startTimer: ({ durationMs }) => clock.sleep(durationMs),
        scheduleActivity({ activityType, args }) {
          if (activityType === 'runPod') return runPod(args[0] as RunPodInput);
          const cause = ApplicationFailure.nonRetryable('the pod is still there', 'CleanupFailed');
          throw new ActivityFailure('failed', activityType, 'x', 'TIMEOUT', 'worker', cause);
        },
      },
    ],
    internals: [
      {
        concludeActivation(input, next) {
          told.report(JSON.stringify(report));
          return next(input);
        },
      },
    ],
  };
}
