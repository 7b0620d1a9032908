/** The client as a process of its own, as a user starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ClientProcess {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  /** Resolves when the text is on stdout or stderr. */
  says(text: RegExp): Promise<void>;
  readonly ended: Promise<{ code: number; out: string; err: string }>;
}

export function client(
  args: readonly string[],
  { env = {}, stdin = '', stdout }: { env?: Record<string, string>; stdin?: string; stdout?: string } = {},
) {
  const program = fileURLToPath(new URL('../../src/client.ts', import.meta.url));
  // Bound to a file, stdout is no stream of ours.
  const stdio = ['pipe', stdout === undefined ? 'pipe' : openSync(stdout, 'w'), 'pipe'] as ['pipe', 'pipe', 'pipe'];
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...env }, stdio });
  const said = { out: '', err: '' };
  (child.stdout as Readable | null)?.on('data', (data: Buffer) => void (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => void (said.err += data.toString()));
  child.stdin.end(stdin);
  const ended = new Promise<{ code: number; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? -1, ...said })),
  );
  const says = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => (text.test(said.out + said.err) ? resolve() : undefined);
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      void ended.then(() => reject(new Error(`ended without ${text}:\n${said.out}${said.err}`)));
      look();
    });
  return { child, said, says, ended } satisfies ClientProcess;
}
