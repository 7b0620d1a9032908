/** What a worker runs: the workflows of the operator's module, and those that every worker has. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BundleOptions, WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { WorkflowsModule } from '../config/index.ts';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import { DEFAULT_HEARTBEAT_TIMEOUT } from '../contract/defaults.ts';
import * as builtIn from '../workflows/built-in.ts';

const BUILT_IN = fileURLToPath(new URL('../workflows/built-in.ts', import.meta.url));
const HEARTBEAT = fileURLToPath(new URL('../workflows/heartbeat-timeout.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUR_MODULES = join(dirname(createRequire(import.meta.url).resolve('@temporalio/workflow/package.json')), '../..');

/** Webpack's. */
type Configuration = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

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

export interface BundleChoices {
  /** Of pods' activities, in milliseconds. Default: what workflow code says. */
  readonly heartbeatTimeout?: number;
  /** Modules of workflow interceptors. */
  readonly interceptors?: readonly string[];
}

/**
 * What a worker runs in its sandbox.
 *
 * @throws Problem (2) that says what is in the way, and in which file
 */
export async function bundleWorkflows(
  module: WorkflowsModule,
  { heartbeatTimeout = DEFAULT_HEARTBEAT_TIMEOUT, interceptors = [] }: BundleChoices = {},
): Promise<WorkflowBundleWithSourceMap> {
  await loadWorkflows(module);
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const found: Found = { imports: new Set(), errors: new Set() };
  const folder = await mkdtemp(join(tmpdir(), 'temporal-pods-'));
  try {
    const workflowsPath = join(folder, 'workflows.js');
    const from = (path: string, what: string) => `export ${what} from ${JSON.stringify(path)};\n`;
    await writeFile(workflowsPath, from(module.path, '*') + from(BUILT_IN, `{ ${Object.keys(builtIn).join(', ')} }`));
    const ours = join(folder, 'interceptors.js');
    if (heartbeatTimeout !== DEFAULT_HEARTBEAT_TIMEOUT)
      await writeFile(
        ours,
        `import { withHeartbeatTimeout } from ${JSON.stringify(HEARTBEAT)};\n` +
          `export const interceptors = () => withHeartbeatTimeout(${heartbeatTimeout});\n`,
      );
    return await bundleWorkflowCode({
      workflowsPath,
      workflowInterceptorModules: [...interceptors, ...(heartbeatTimeout === DEFAULT_HEARTBEAT_TIMEOUT ? [] : [ours])],
      webpackConfigHook: (config) => withReport(withOurTypes(config), found),
      // What it would log on an error is every step of webpack, among them the error.
      logger: new DefaultLogger('ERROR', () => undefined),
    });
  } catch (error) {
    throw usage(`${module.from}: cannot be bundled for Temporal's sandbox:${reasons(found) || ` ${messageOf(error)}`}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What keeps code from being bundled. The SDK's own error has no file, and of most causes says only that there is one. */
interface Found {
  /** Of what the sandbox does not have. */
  imports: Set<string>;
  errors: Set<string>;
}

const reasons = ({ imports, errors }: Found): string =>
  [...imports, ...errors].map((reason) => `\n  ${reason}`).join('') +
  (imports.size === 0
    ? ''
    : '\nWorkflow code is replayed, so it may use nothing of the outside: do such work in a pod or an activity, ' +
      'and take only types from there (`import type`).');

function withReport(config: Configuration, { imports, errors }: Found): Configuration {
  const { externals, resolve } = config;
  /** The SDK's bundler replaces what it refuses by nothing. */
  const refused = Object.entries(resolve?.alias ?? {}).flatMap(([name, by]) => (by === false ? [name] : []));
  const isRefused = (name: string) =>
    isNodes(name) || refused.some((module) => name === module || name.startsWith(`${module}/`));
  return {
    ...config,
    externals: [
      async ({ request = '', contextInfo }: { request?: string; contextInfo?: { issuer: string } }) => {
        if (isRefused(request)) imports.add(`'${request}' is imported by ${contextInfo?.issuer}`);
        return undefined;
      },
      ...(Array.isArray(externals) ? externals : externals === undefined ? [] : [externals]),
    ],
    plugins: [
      ...(config.plugins ?? []),
      (compiler) =>
        compiler.hooks.done.tap('temporal-pods', (stats) => {
          for (const { message, moduleIdentifier = '' } of stats.toJson({ all: false, errors: true }).errors ?? [])
            // The loaders stand before the file.
            if (!isNodes(moduleIdentifier)) errors.add(`${moduleIdentifier.split('!').at(-1)}: ${message}`);
        }),
    ],
  };
}

const isNodes = (name: string) => name.startsWith('node:');

/** The SDK's bundler strips no types in node_modules, where we may be installed, and looks for the SDK from the entry only. */
function withOurTypes(config: Configuration): Configuration {
  for (const rule of config.module?.rules ?? [])
    if (typeof rule === 'object' && rule && rule.exclude instanceof RegExp) {
      const { exclude } = rule;
      rule.exclude = (path: string) => exclude.test(path.startsWith(ROOT) ? path.slice(ROOT.length) : path);
    }
  const modules = [...(config.resolve?.modules ?? ['node_modules']), OUR_MODULES];
  return { ...config, resolve: { ...config.resolve, modules } };
}
