/** What the operator gives a worker, also in files: read once, at its start, and refused there when anything is wrong. */
import { DEFAULT_POLICY, type Policy } from '../policy/index.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import { typeFaults } from '../pod/kubernetes-types.ts';
import { specFaults } from '../spec/index.ts';
import type { CallbackRegistry, PodTemplate } from '../contract/index.ts';
import { DEFAULT_MAIN_CONTAINER as MAIN } from '../contract/defaults.ts';
import { isObject, type Json } from '../common/is-object.ts';
import { readYaml } from '../common/yaml.ts';
import { loadCallbacks } from './callbacks.ts';
import { inFile, namedFile, namedFolder } from './files.ts';
import { kubernetesConfig, type KubernetesConfig } from './kubernetes.ts';
import { temporalConfig, type TemporalConfig } from './temporal.ts';
import { variables } from './variables.ts';
import { workflowsModule, type WorkflowsModule } from './workflows-module.ts';

export interface WorkerConfig {
  temporal: TemporalConfig;
  kubernetes: KubernetesConfig;
  workflows: WorkflowsModule;
  files: WorkerFiles;
}

export interface WorkerFiles {
  /** The operator's own template under every spec, and the folder that `templateFile` is looked up in. */
  templates: { defaults: PodTemplate; folder?: string };
  /** What the final manifest may contain. */
  policy: Policy;
  callbacks: CallbackRegistry;
}

/** @throws Problem that names the variable, and what is wrong with it or in its file */
export const workerConfig = async (env: NodeJS.ProcessEnv = process.env): Promise<WorkerConfig> => ({
  temporal: temporalConfig(env),
  kubernetes: kubernetesConfig(env),
  workflows: workflowsModule(env),
  files: await workerFiles(env),
});

/** @throws Problem (2) that names the variable, the file, and what is wrong in it */
export async function workerFiles(env: NodeJS.ProcessEnv = process.env): Promise<WorkerFiles> {
  const own = variables(env);
  /** What a file holds, or what holds without one. */
  const read = async <T>(
    variable: 'TEMPORAL_PODS_TEMPLATE' | 'TEMPORAL_PODS_POLICY' | 'TEMPORAL_PODS_CALLBACKS',
    without: T,
    parse: (file: ReturnType<typeof namedFile>) => Promise<T>,
  ): Promise<T> => {
    const value = own[variable];
    if (value === undefined) return without;
    const file = namedFile(variable, value);
    return inFile(file, () => parse(file));
  };
  const folder = own.TEMPORAL_PODS_TEMPLATES;
  return {
    templates: {
      defaults: await read('TEMPORAL_PODS_TEMPLATE', {}, async (file) => operatorTemplate(await file.text())),
      ...(folder !== undefined && { folder: namedFolder('TEMPORAL_PODS_TEMPLATES', folder) }),
    },
    policy: await read('TEMPORAL_PODS_POLICY', DEFAULT_POLICY, async (file) =>
      parsePolicy(await file.text(), file.from),
    ),
    callbacks: await read('TEMPORAL_PODS_CALLBACKS', {}, (file) => loadCallbacks(file.path)),
  };
}

/**
 * What every pod of this worker has unless its spec says otherwise.
 *
 * @throws Error with every fault on a line of its own, each with its path and value
 */
function operatorTemplate(text: string): PodTemplate {
  const { apiVersion = 'v1', kind = 'Pod', ...template } = anObject(readYaml(text, { quotes: false }));
  const faults = [
    ...(apiVersion === 'v1' ? [] : [`apiVersion: must be "v1", got ${JSON.stringify(apiVersion)}`]),
    ...(kind === 'Pod' ? [] : [`kind: must be "Pod", got ${JSON.stringify(kind)}`]),
    ...typeFaults(template, 'V1Pod'),
  ];
  // The rules for the author's template hold for the operator's too.
  if (faults.length === 0)
    faults.push(...specFaults({ image: 'any', template }).map((fault) => fault.replace(/^template[.:] ?/, '')));
  if (faults.length === 0) faults.push(...imageOfMain(template));
  if (faults.length > 0) throw new Error(`is not a template for pods:\n  ${faults.join('\n  ')}`);
  return template;
}

/** With one, a spec without an image would run something that its author has not named. */
function imageOfMain({ spec }: PodTemplate): string[] {
  const image = spec?.containers?.find(({ name }) => name === MAIN)?.image;
  return image === undefined
    ? []
    : [
        `spec.containers[${MAIN}].image: the main container's image is the author's to choose, got ${JSON.stringify(image)}`,
      ];
}

function anObject(value: unknown): Json {
  if (isObject(value)) return value;
  const got = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
  throw new Error(`must be a Pod, or an object of metadata and spec, got ${got}`);
}
