/** The worker's log: one line an entry, what happened first, then where. The SDK's own format prints whole objects. */
import { DefaultLogger, type LogEntry } from '@temporalio/worker';

/** Of what the SDK adds to every entry, the parts by which a run is found. */
const WHERE = ['workflowId', 'runId', 'activityId', 'attempt', 'taskQueue'] as const;
/** Said elsewhere in the entry, or of no use to a reader. */
const NOISE = new Set<string>([
  'sdkComponent',
  'isLocal',
  'namespace',
  'taskToken',
  'activityType',
  'workflowType',
  'workflowRunId',
]);

interface Options {
  write?: (line: string) => void;
  /** One of the SDK's workers tells an error, perhaps the one that it fails of. */
  onError?: (error: Error) => void;
}

export const workerLogger = ({
  write = (line) => void process.stderr.write(`${line}\n`),
  onError = () => undefined,
}: Options = {}): DefaultLogger =>
  new DefaultLogger('INFO', (entry) => {
    if (!isUsual(entry)) write(logLine(entry));
    const { sdkComponent, error } = entry.meta ?? {};
    if (entry.level === 'ERROR' && sdkComponent === 'worker' && error instanceof Error) onError(error);
  });

/**
 * What each of the SDK's workers tells at every start and stop: the queue of the cleanups has no workflows, and shall have none. That
 * all is ready is told once, by us.
 */
const isUsual = ({ level, message, meta }: LogEntry): boolean =>
  level !== 'ERROR' &&
  (/^No (workflows|Nexus services) registered/.test(message) ||
    (message === 'Worker state changed' && ['RUNNING', 'DRAINING', 'DRAINED'].includes(String(meta?.['state']))));

export function logLine({ level, message, timestampNanos, meta = {} }: LogEntry): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const known = new Set<string>(WHERE);
  const other = Object.keys(meta).filter((key) => !known.has(key) && !NOISE.has(key));
  const fields = [...other, ...WHERE]
    .filter((key) => meta[key] !== undefined)
    .map((key) => `${key}=${shown(meta[key])}`);
  return [time, level.padEnd(5), oneLine(message), ...fields].join(' ');
}

function shown(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(`${value.name}: ${value.message}`);
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value);
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ⏎ ');
