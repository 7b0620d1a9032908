/** Where the workflows are. Apart from all that a worker reads, since a client wants to know no more than this. */
import { fileURLToPath } from 'node:url';
import { ownFile } from '../common/own-file.ts';
import { namedFile } from './files.ts';
import { variables } from './variables.ts';

/** The module whose exports are the workflows: the operator's own, or the examples that come with this. */
export interface WorkflowsModule {
  /** Absolute. */
  readonly path: string;
  /** How it was named, for messages. */
  readonly from: string;
}

const EXAMPLES = fileURLToPath(ownFile('../workflows/index', import.meta.url));

/** @throws Problem (2) when there is no such file */
export function workflowsModule(env: NodeJS.ProcessEnv = process.env): WorkflowsModule {
  const named = variables(env).TEMPORAL_PODS_WORKFLOWS;
  return named === undefined
    ? { path: EXAMPLES, from: 'src/workflows/index.ts' }
    : namedFile('TEMPORAL_PODS_WORKFLOWS', named);
}
