/** Stands in for the activity `runPod`, as far as a rerun goes: looks into the earlier run as the real one does. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { EarlierRuns } from '../../../src/activities/earlier-runs.ts';
import type { PodFailureDetails, PodResult, RunPodInput } from '../../../src/contract/index.ts';

/**
 * Its output is `env.OUTPUT`. While `<env.KEY> <task>` is among the broken, and it has not more memory, it fails. `ran` is told of
 * each pod that is not reused.
 */
export function pretendedPods(broken: ReadonlySet<string>, ran: (workflowId: string, input: RunPodInput) => void) {
  const earlierRuns = new EarlierRuns();
  return async (input: RunPodInput): Promise<PodResult> => {
    const { client, info } = Context.current();
    const found = input.earlier && (await earlierRuns.find(client, input));
    if (found) return found;
    const { workflowId } = info.workflowExecution!;
    ran(workflowId, input);
    const cleanup = { gone: true };
    const { env, resources } = input.spec;
    if (broken.has(`${env?.['KEY'] as string} ${input.task}`) && !resources) {
      const details: PodFailureDetails = { kind: 'ContainerFailed', startedEver: true, cleanup };
      throw ApplicationFailure.nonRetryable(`${input.task} is broken`, 'ContainerFailed', details);
    }
    return {
      outcome: 'Succeeded',
      exitCode: 0,
      output: env?.['OUTPUT'],
      pod: { namespace: 'n', name: info.activityId, uid: `${workflowId} ${info.activityId}` },
      times: {},
      logs: { uri: '', lines: 0, bytes: 0, gaps: 0, tail: '' },
      cleanup,
    };
  };
}
