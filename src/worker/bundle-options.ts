/** What goes into every bundle beside an author's workflows, whoever makes it: the workflows of a worker, and its heartbeat timeout. */
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleOptions } from '@temporalio/worker';
import { ownFile } from '../common/own-file.ts';
import { usage } from '../common/problem.ts';
import { DEFAULT_HEARTBEAT_TIMEOUT } from '../contract/defaults.ts';
import * as builtIn from '../workflows/built-in.ts';

const pathOf = (name: string) => fileURLToPath(ownFile(`../workflows/${name}`, import.meta.url));
const ENTRY = pathOf('worker-entry');
const BUILT_IN = pathOf('built-in');
const HEARTBEAT = pathOf('heartbeat-timeout');
/** As the entry says it. */
const AUTHORS = 'temporal-pods-workflows-of-the-author';
const OUR_MODULES = join(dirname(createRequire(import.meta.url).resolve('@temporalio/workflow/package.json')), '../..');

/** Webpack's. */
export type Configuration = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** @param heartbeatTimeout of pods' activities, in milliseconds */
export function withPods(options: BundleOptions, heartbeatTimeout: number): BundleOptions {
  const { workflowsPath, workflowInterceptorModules = [], webpackConfigHook = (config) => config } = options;
  if (workflowsPath === ENTRY) return options;
  return {
    ...options,
    workflowsPath: ENTRY,
    workflowInterceptorModules: [
      ...workflowInterceptorModules,
      ...(heartbeatTimeout === DEFAULT_HEARTBEAT_TIMEOUT ? [] : [`${HEARTBEAT}?${heartbeatTimeout}`]),
    ],
    webpackConfigHook: (config) => withAuthors(webpackConfigHook(config), resolve(workflowsPath)),
  };
}

/** Whether this code was bundled with them: a text that no minifier changes is there. */
export const hasBuiltIn = (code: string): boolean => code.includes(builtIn.sweep.description);

function withAuthors(config: Configuration, workflowsPath: string): Configuration {
  const { alias } = config.resolve ?? {};
  return {
    ...config,
    resolve: {
      ...config.resolve,
      alias: Array.isArray(alias)
        ? [...alias, { name: AUTHORS, alias: workflowsPath, onlyModule: true }]
        : { ...alias, [`${AUTHORS}$`]: workflowsPath },
      // The SDK's bundler looks for the SDK from its entry only.
      modules: [...(config.resolve?.modules ?? ['node_modules']), OUR_MODULES],
    },
    module: {
      ...config.module,
      rules: [
        ...(config.module?.rules ?? []),
        // As the SDK's own entry: the author's module may be a folder, or CommonJS.
        { include: [ENTRY], type: 'javascript/auto', resolve: { fullySpecified: false } },
      ],
    },
    plugins: [...(config.plugins ?? []), refuseTakenNames],
  };
}

type Plugin = Extract<NonNullable<Configuration['plugins']>[number], (...args: never[]) => unknown>;

/** An author's workflow of such a name would never run: the entry's own export goes first. */
const refuseTakenNames: Plugin = (compiler) =>
  compiler.hooks.compilation.tap('temporal-pods', ({ hooks, moduleGraph }) =>
    // After webpack's own, which finds out what is exported.
    hooks.finishModules.tapPromise({ name: 'temporal-pods', stage: 100 }, async (modules) => {
      const file = (path: string) => [...modules].find((module) => module.nameForCondition() === path);
      const imported = (file(ENTRY)?.dependencies ?? []).map((dependency) => moduleGraph.getModule(dependency));
      const ours = file(BUILT_IN);
      const authors = imported.find((module) => module && module !== ours);
      if (!authors) return;
      const isTaken = (name: string) => {
        const found = moduleGraph.getExportInfo(authors, name);
        return found.provided === true && found.getTarget(moduleGraph)?.module !== ours;
      };
      const taken = Object.keys(builtIn).find(isTaken);
      if (taken !== undefined)
        throw usage(`${authors.nameForCondition()}: exports a workflow '${taken}', which every worker has of its own`);
    }),
  );
