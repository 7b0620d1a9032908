/** Names from Temporal, for somebody who waits with a finger on the key. */
import { runsQuery, statusWord } from '../temporal/run-query.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { Candidate, Names } from './candidates.ts';

const LIMIT_MS = 1_500;
const RUNS = 50;

/** What each needs is loaded when it is asked for: most lines end before that. */
export const namesOfTemporal: Names = {
  workflows: async () => (await import('../params/workflows.ts')).knownWorkflows().catch(() => []),
  runs: () => soon(newestRuns),
  tasks: (workflowId) => soon((temporal) => tasksOf(temporal, workflowId)),
  schedules: () =>
    soon(async (temporal) => {
      const { listSchedules } = await import('../schedules/find.ts');
      return (await listSchedules(temporal)).map(({ scheduleId }) => scheduleId);
    }),
};

async function soon<T>(ask: (temporal: Temporal) => Promise<T[]>): Promise<T[]> {
  const late = new Promise<T[]>((resolve) => setTimeout(resolve, LIMIT_MS, []).unref());
  const answer = async () => {
    const { connectTemporal } = await import('../temporal/connection.ts');
    const { temporalConfig } = await import('../../config/temporal.ts');
    const temporal = await connectTemporal(temporalConfig());
    return ask(temporal).finally(() => temporal.connection.close());
  };
  return Promise.race([answer().catch(() => []), late]);
}

async function newestRuns({ client, config }: Temporal): Promise<Candidate[]> {
  const found: Candidate[] = [];
  const query = runsQuery({ taskQueue: config.taskQueue });
  for await (const { workflowId, status, type } of client.workflow.list({ query, pageSize: RUNS })) {
    found.push({ value: workflowId, description: `${statusWord(status.name)} ${type}` });
    if (found.length >= RUNS) break;
  }
  return found;
}

/** From the history, so that no worker has to answer. */
async function tasksOf({ client }: Temporal, workflowId: string): Promise<string[]> {
  const { eventReader } = await import('../history/pod-events.ts');
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const read = eventReader();
  const tasks = new Set<string>();
  for (const event of events ?? []) {
    const known = read(event);
    if (known?.kind === 'scheduled') tasks.add(known.pod.task);
  }
  return [...tasks];
}
