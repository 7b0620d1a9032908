/**
 * The bundle for a worker: the one that was kept, or one that another process makes, which ends then. Made in the worker itself, it
 * would leave some 200 MiB behind.
 */
import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ownFile } from '../common/own-file.ts';
import { infrastructure, Problem } from '../common/problem.ts';
import { cacheFolder } from '../config/cache-folder.ts';
import type { WorkflowsModule } from '../config/index.ts';
import { bundleName, keepBundle, keptBundle, sha256, type Sources } from './bundle-cache.ts';
import type { BundleChoices } from './workflows.ts';

export type BundleRequest = { module: WorkflowsModule; choices: BundleChoices };
export type BundleAnswer = { code: string; sources?: Sources } | { problem: string; exitCode: 2 | 3 };

const MAKER = ownFile('./bundle-maker', import.meta.url);

/** @throws Problem (2) that says what is in the way, and in which file */
export async function workerBundle(
  module: WorkflowsModule,
  choices: BundleChoices,
  folder = cacheFolder('bundles'),
): Promise<{ code: string }> {
  const name = bundleName(...makers(), module.path, JSON.stringify(choices), process.cwd());
  const kept = folder === undefined ? undefined : await keptBundle(folder, name);
  if (kept !== undefined) return { code: kept };
  const made = await make({ module, choices });
  if ('problem' in made) throw new Problem(made.problem, made.exitCode);
  if (folder !== undefined && made.sources) await keepBundle(folder, name, made.code, made.sources);
  return { code: made.code };
}

/** What makes bundles, beside the files that go into one. */
function makers(): string[] {
  const worker = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  const from = createRequire(worker);
  const packages = ['webpack', 'swc-loader', '@swc/core'].map((name) => from.resolve(`${name}/package.json`));
  const ours = [ownFile('./workflows', import.meta.url), ownFile('./bundle-options', import.meta.url), MAKER].map(
    (file) => fileURLToPath(file),
  );
  // The SDK's compiler reads it where the worker is started.
  const options = existsSync('.swcrc') ? readFileSync('.swcrc', 'utf8') : '';
  return [
    process.version,
    process.arch,
    options,
    ...[worker, ...packages, ...ours].map((file) => sha256(readFileSync(file))),
  ];
}

/** Flags that would write to, or listen on, what is the worker's own. */
const OWN_FLAGS = /^--(inspect|cpu-prof|heap-prof)/;

function make(request: BundleRequest): Promise<BundleAnswer> {
  const compiled = getCompileCacheDir();
  const child = fork(MAKER, {
    execArgv: process.execArgv.filter((flag) => !OWN_FLAGS.test(flag)),
    env: { ...process.env, ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise<BundleAnswer>((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as BundleAnswer));
    child.once('error', (error) => reject(infrastructure(`workflows cannot be bundled: ${error.message}`, error)));
    child.once('exit', (code, signal) =>
      reject(infrastructure(`workflows cannot be bundled: the process that does it ended with ${signal ?? code}`)),
    );
    child.send(request);
  });
}
