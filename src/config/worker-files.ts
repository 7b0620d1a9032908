/** What the operator gives a worker in files: read once, at its start, and refused there when anything is wrong. */
import type { CallbackRegistry, PodTemplate } from '../contract/index.ts';
import { DEFAULT_POLICY, type Policy } from '../policy/index.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import { loadCallbacks } from './callbacks.ts';
import { inFile, namedFile, namedFolder } from './file.ts';
import { operatorTemplate } from './template.ts';
import { variables } from './variables.ts';

export interface WorkerFiles {
  /** The operator's own template under every spec, and the folder that `templateFile` is looked up in. */
  templates: { defaults: PodTemplate; folder?: string };
  /** What the final manifest may contain. */
  policy: Policy;
  callbacks: CallbackRegistry;
}

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
