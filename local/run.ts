import { execFile } from 'node:child_process';
import { Problem } from '../src/common/problem.ts';

/** Runs a tool to its end and gives its output; a failure names the tool and its last words. */
export const run = (
  file: string,
  args: readonly string[],
  options: { cwd?: string; timeout?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = (stderr || stdout || error.message).trim().split('\n').slice(-5).join('\n');
      reject(new Problem(`${file} ${args[0] ?? ''} failed: ${said}`, 3, error));
    });
  });
