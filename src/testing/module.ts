/** The module of workflows that an author's test is about. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workflowsModule, type WorkflowsModule } from '../config/index.ts';

/** @param workflows its file. Default: the environment's. @throws Problem (2) when that is not there */
export function moduleOf(workflows: string | URL | undefined): WorkflowsModule {
  if (workflows === undefined) {
    const { path, from } = workflowsModule();
    const isNamed = process.env['TEMPORAL_PODS_WORKFLOWS'] !== undefined;
    return { path, from: isNamed ? from : `${from} (TEMPORAL_PODS_WORKFLOWS is not set)` };
  }
  const path = resolve(pathOf(workflows));
  return { path, from: path };
}

export const pathOf = (file: string | URL): string =>
  String(file).startsWith('file:') ? fileURLToPath(file) : String(file);
