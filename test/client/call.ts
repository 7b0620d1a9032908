/** A call of the client in this process, with nothing to start: what it prints, and its exit code. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TestContext } from 'node:test';
import { Connection } from '@temporalio/client';
import { commandLine } from '../../src/client/command-line.ts';
import { reportFailure } from '../../src/common/problem.ts';

interface Said {
  out: string;
  err: string;
}

export type Ended = Readonly<Said> & { readonly code: number };

const calls = new AsyncLocalStorage<Said>();

/** What a call writes is the call's; what the test runner writes meanwhile is not. */
for (const [stream, name] of [
  [process.stdout, 'out'],
  [process.stderr, 'err'],
] as const) {
  const write = stream.write.bind(stream);
  stream.write = ((...args: Parameters<typeof write>) => {
    const said = calls.getStore();
    if (!said) return write(...args);
    said[name] += Buffer.from(args[0]).toString();
    return true;
  }) as typeof stream.write;
}

/**
 * Stands in for a process of its own, where only its words and its exit code count. One at a time: the environment is the
 * process's. Standard input is not its own.
 */
export function call(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const argv = ['node', 'client.ts', ...args];
  return ended(() => commandLine(argv), env, argv);
}

/** The same of a part of the client. */
export async function ended(
  work: () => Promise<number>,
  env: Record<string, string> = {},
  argv: readonly string[] = [],
): Promise<Ended> {
  const said: Said = { out: '', err: '' };
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    const code = await calls.run(said, () => work().catch((error) => reportFailure(error, argv)));
    return { code, ...said };
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

/** Where nothing listens: the client waits five seconds for a Temporal that may be starting, and no test has to. */
export function impatient({ mock }: TestContext): void {
  const connect = Connection.connect.bind(Connection);
  mock.method(Connection, 'connect', (options: object) => connect({ ...options, connectTimeout: '50ms' }));
}
