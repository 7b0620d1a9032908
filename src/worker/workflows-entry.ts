/** What a worker runs: the workflows of the operator's module, and those that every worker has. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';
import type { WorkflowsModule } from '../config/index.ts';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import * as builtIn from '../workflows/built-in.ts';

const BUILT_IN = fileURLToPath(new URL('../workflows/built-in.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUR_MODULES = join(dirname(createRequire(import.meta.url).resolve('@temporalio/workflow/package.json')), '../..');

type Bundling = Required<Pick<WorkerOptions, 'workflowsPath' | 'bundlerOptions'>>;

/** Its exports by name, the operator's and ours: the definitions load outside of the sandbox too. @throws Problem (2) */
export async function loadWorkflows({ path, from }: WorkflowsModule): Promise<Record<string, unknown>> {
  let own: Record<string, unknown>;
  try {
    own = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw usage(`${from}: cannot be loaded: ${messageOf(error)}`);
  }
  const taken = Object.entries(builtIn).find(([name, ours]) => own[name] !== undefined && own[name] !== ours);
  if (taken) throw usage(`${from}: exports a workflow '${taken[0]}', which every worker has of its own`);
  return { ...own, ...builtIn };
}

/** Does something with where the bundler has to start. */
export async function withEntry<T>(module: WorkflowsModule, work: (bundling: Bundling) => Promise<T>): Promise<T> {
  await loadWorkflows(module);
  const folder = await mkdtemp(join(tmpdir(), 'temporal-pods-'));
  try {
    const workflowsPath = join(folder, 'workflows.js');
    const from = (path: string, what: string) => `export ${what} from ${JSON.stringify(path)};\n`;
    await writeFile(workflowsPath, from(module.path, '*') + from(BUILT_IN, `{ ${Object.keys(builtIn).join(', ')} }`));
    return await work({ workflowsPath, bundlerOptions: { webpackConfigHook: withOurTypes } });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The SDK's bundler strips no types in node_modules, where we may be installed, and looks for the SDK from the entry only. */
const withOurTypes: NonNullable<Bundling['bundlerOptions']['webpackConfigHook']> = (config) => {
  for (const rule of config.module?.rules ?? [])
    if (typeof rule === 'object' && rule && rule.exclude instanceof RegExp) {
      const { exclude } = rule;
      rule.exclude = (path: string) => exclude.test(path.startsWith(ROOT) ? path.slice(ROOT.length) : path);
    }
  const modules = [...(config.resolve?.modules ?? ['node_modules']), OUR_MODULES];
  return { ...config, resolve: { ...config.resolve, modules } };
};
