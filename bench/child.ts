/** Programs that the bench starts, and ends. */
import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The last lines that it has said on standard error. */
  readonly said: readonly string[];
  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`, by default 10 s. */
  end(graceMs?: number): Promise<void>;
}

const LAST = 30;

/** @param options `stdio` must leave standard error a pipe */
export async function start(program: string, args: readonly string[], options: SpawnOptions): Promise<Child> {
  const child = spawn(program, args, options);
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  await once(child, 'spawn');
  const said: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    said.push(line);
    if (said.length > LAST) said.shift();
  });
  return {
    pid: child.pid!,
    process: child,
    said,
    async end(graceMs = 10_000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const grace = sleep(graceMs, 'late' as const, { ref: false });
      if ((await Promise.race([ended, grace])) === 'late') child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves with the first line on this stream for which `like` holds. @throws with its last words when the program ends before */
export function lineFrom(
  child: Child,
  stream: NodeJS.ReadableStream,
  like: (line: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => like(line) && resolve(line));
    child.process.once('exit', (code, signal) =>
      reject(new Error(`it ended with ${code ?? signal}: ${child.said.slice(-5).join('\n')}`)),
    );
  });
}

/** A tool that ends by itself, or with SIGTERM when the signal fires. @throws with its last words when it does not end well */
export function runToItsEnd(
  program: string,
  args: readonly string[],
  options: { signal: AbortSignal; env?: NodeJS.ProcessEnv },
): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 * 2 ** 20, ...options }, (error, _, said) => {
      if (error === null) return resolve();
      const last = said.trim().split('\n').slice(-3).join('\n');
      reject(new Error(`${program} ${args.slice(0, 3).join(' ')}: ${last || error.message}`));
    });
  });
}
