/** What a run needs of Temporal. */
import { randomBytes } from 'node:crypto';
import { NamespaceNotFoundError } from '@temporalio/client';
import type { TemporalConfig } from '../../config/temporal.ts';
import { callText, workerCall } from '../../common/program-name.ts';
import { podFailureType } from '../../worker/search-attributes.ts';
import { sweeperId } from '../../worker/sweeper.ts';
import { stuckAmong } from '../history/stuck.ts';
import { newestRuns } from '../temporal/find-run.ts';
import { runsQuery, statusWord } from '../temporal/run-query.ts';
import { asProblem, connectTemporal, isNotFound, type Temporal } from '../temporal/connection.ts';
import { lengthText, momentText } from '../terminal/time-text.ts';
import { type Poller, pollersOf, QUEUE } from '../temporal/workers.ts';
import { check, failed, ok, skewVerdict, unknown, warning, type Check, type Verdict } from './check.ts';
import { cleanupQueue } from '../../contract/index.ts';

const SLOW_MS = 500;
/** The server ends a poll about two seconds before its deadline, and refuses one that has no more than that. */
const POLL_MS = 2_500;
/** A run that Temporal has forgotten can neither be shown nor rerun. */
const SHORT_RETENTION_MS = 3 * 86_400_000;

export async function* temporalChecks(config: TemporalConfig): AsyncGenerator<Check> {
  let temporal: Temporal | undefined;
  const of = (name: string, work: (temporal: Temporal) => Promise<Verdict>) =>
    check('Temporal', name, async () => {
      temporal ??= await connectTemporal(config);
      try {
        return await work(temporal);
      } catch (error) {
        throw asProblem(error, config);
      }
    });
  try {
    const server = await of('server', serverVerdict);
    yield server;
    if (!temporal) return;
    const namespace = await of('namespace', namespaceVerdict);
    yield namespace;
    if (namespace.result === 'failed') return;
    yield await of('clock', clockVerdict);
    yield await of('search attribute', searchAttributeVerdict);
    yield await of('worker', (temporal) => workerVerdict(temporal, config.taskQueue, ['workflows', 'activities']));
    yield await of('cleanup worker', (temporal) =>
      workerVerdict(temporal, cleanupQueue(config.taskQueue), ['activities']),
    );
    yield await of('sweeper', sweeperVerdict);
    yield await of('stuck runs', stuckVerdict);
  } finally {
    await temporal?.connection.close();
  }
}

async function serverVerdict({ client, config }: Temporal): Promise<Verdict> {
  const before = performance.now();
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  const took = performance.now() - before;
  const says = `${config.connection.address} answers in ${Math.ceil(took)} ms, version ${serverVersion}`;
  return took > SLOW_MS ? warning(says, 'every step of a run is a call; run worker and client nearer to it') : ok(says);
}

async function namespaceVerdict({ client, config }: Temporal): Promise<Verdict> {
  const { namespace } = config;
  const found = await client.workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    throw isNotFound(error) ? new NamespaceNotFoundError(namespace) : error;
  });
  const settings = found.config;
  const retention = Number(settings?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000;
  const says = `${config.namespace} keeps runs for ${lengthText(retention)} after their end`;
  if (retention >= SHORT_RETENTION_MS) return ok(says);
  return warning(
    says,
    `older ones can be neither shown nor rerun: temporal operator namespace update --retention 30d ${config.namespace}`,
  );
}

/** gRPC tells no time. But a server notes when a task queue was last polled, so we poll one that no worker uses. */
async function clockVerdict({ client, connection, config }: Temporal): Promise<Verdict> {
  const { namespace } = config;
  const taskQueue = { name: `temporal-pods-doctor-${randomBytes(4).toString('hex')}` };
  await connection.withDeadline(Date.now() + POLL_MS, () =>
    client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'doctor' }),
  );
  const polledAt = Date.now();
  const taskQueueType = QUEUE.workflows;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType });
  const { seconds, nanos } = pollers?.[0]?.lastAccessTime ?? {};
  return seconds ? skewVerdict(Number(seconds) * 1000 + (nanos ?? 0) / 1e6, polledAt) : unknown('could not be asked');
}

async function searchAttributeVerdict({ connection, config }: Temporal): Promise<Verdict> {
  const type = await podFailureType(connection, config.namespace);
  if (type === 'keyword list') return ok('PodFailure is there: list --failure OOMKilled');
  const todo = `temporal operator search-attribute create --namespace ${config.namespace} --name PodFailure --type KeywordList`;
  if (type === 'absent') return warning('there is no PodFailure: runs cannot be found by their failures', todo);
  return type === 'another'
    ? warning('PodFailure is no KeywordList, so it is not used')
    : unknown('may not be asked for');
}

async function workerVerdict(
  temporal: Temporal,
  taskQueue: string,
  kinds: readonly (keyof typeof QUEUE)[],
): Promise<Verdict> {
  const all = await Promise.all(kinds.map((kind) => pollersOf(temporal, taskQueue, kind)));
  return pollersVerdict(
    taskQueue,
    kinds.map((kind, at) => ({ kind, pollers: all[at] ?? [] })),
  );
}

/** Whether one that has not asked for so long still lives cannot be told: a poll that finds nothing takes a minute. */
const SURE_MS = 10_000;

/** Pure. */
export function pollersVerdict(
  taskQueue: string,
  asked: readonly { readonly kind: string; readonly pollers: readonly Poller[] }[],
): Verdict {
  const missing = asked.find(({ pollers }) => pollers.length === 0)?.kind;
  if (missing) return failed(`no worker polls task queue '${taskQueue}' for ${missing}`, `start one: ${workerCall()}`);
  const all = asked.flatMap(({ pollers }) => pollers);
  const identities = [...new Set(all.map(({ identity }) => identity))];
  const says = `${identities.length === 1 ? 'one polls' : `${identities.length} poll`} '${taskQueue}' (${identities.slice(0, 3).join(', ')})`;
  const ago = Math.min(...all.map(({ agoMs }) => agoMs));
  if (ago < SURE_MS) return ok(says);
  return ok(
    `${says}, last ${lengthText(ago)} ago: one that lives asks once a minute, one that has stopped does not ask again`,
  );
}

async function sweeperVerdict({ client, config }: Temporal): Promise<Verdict> {
  const left = 'a pod whose run was terminated while no worker lived would stay';
  const id = sweeperId(config.taskQueue);
  if (config.sweepEvery === undefined) return warning(`is switched off (TEMPORAL_PODS_SWEEP_EVERY=never): ${left}`);
  const found = await client.schedule
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
      throw error;
    });
  if (!found) return failed(`has no schedule: ${left}`, `every worker creates it at its start: ${workerCall()}`);
  if (found.state.paused)
    return warning(`is paused: ${left}`, `temporal schedule toggle --unpause --schedule-id ${id}`);
  const last = found.info.recentActions.findLast(({ takenAt }) => takenAt.getTime() < Date.now() - 10_000);
  if (!last) return ok('has not swept yet');
  const { workflowId, firstExecutionRunId } = last.action.workflow;
  const { status } = await client.workflow.getHandle(workflowId, firstExecutionRunId).describe();
  const says = `swept at ${momentText(last.takenAt.getTime())}: ${statusWord(status.name)}`;
  return status.name === 'COMPLETED' ? ok(says) : warning(says, `look at it: ${workflowId}`);
}

/** Of so many of the newest runs that are under way it is looked at whether their code fails. */
const LOOKED_AT = 200;
const NAMED = 3;

async function stuckVerdict(temporal: Temporal): Promise<Verdict> {
  const query = runsQuery({ taskQueue: temporal.config.taskQueue, status: 'running', all: true });
  const runs = await newestRuns(temporal, query, LOOKED_AT);
  const stuck = await stuckAmong(temporal, runs);
  const found = runs.flatMap(({ workflowId, runId }) => {
    const why = stuck.get(runId);
    return why ? [{ workflowId, ...why }] : [];
  });
  const [first] = found;
  const those = runs.length === LOOKED_AT ? `the newest ${LOOKED_AT} runs` : 'the runs';
  if (!first) return ok(`none among ${those} under way: ${runs.length}`);
  const named = found
    .slice(0, NAMED)
    .map(({ workflowId, since, says }) => `${workflowId} since ${momentText(since ?? Date.now())}: ${says}`)
    .join('; ');
  const more =
    found.length > NAMED ? `; and ${found.length - NAMED} more: ${callText('list', '--status', 'stuck')}` : '';
  return failed(
    `${found.length} of ${those} under way: ${named}${more}`,
    `the old code back, patched(), or terminate and rerun: ${callText('show', first.workflowId)}`,
  );
}
