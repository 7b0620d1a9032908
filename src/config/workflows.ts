/** The module whose exports are the workflows: the operator's own, or the examples that come with this. */
import { fileURLToPath } from 'node:url';
import { namedFile } from './file.ts';
import { variables } from './variables.ts';

export interface WorkflowsModule {
  /** Absolute. */
  readonly path: string;
  /** How it was named, for messages. */
  readonly from: string;
}

const OWN = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** @throws Problem (2) when there is no such file */
export function workflowsModule(env: NodeJS.ProcessEnv = process.env): WorkflowsModule {
  const named = variables(env).TEMPORAL_PODS_WORKFLOWS;
  return named === undefined
    ? { path: OWN, from: 'src/workflows/index.ts' }
    : namedFile('TEMPORAL_PODS_WORKFLOWS', named);
}
