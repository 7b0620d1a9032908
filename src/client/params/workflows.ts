/** What is known of the workflows before one is started, so that a mistake ends here and not in a run that hangs. */
import { workflowsModule } from '../../config/workflows-module.ts';
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';
import { loadWorkflows } from '../../worker/workflows.ts';
import type { Described } from '../../workflows/params.ts';

export type KnownWorkflow = Pick<Described, 'description'> & {
  readonly name: string;
  readonly params?: Described['params'] | undefined;
};

/** @throws Problem (2) when the module cannot be loaded */
export async function knownWorkflows(): Promise<KnownWorkflow[]> {
  return Object.entries(await loadWorkflows(workflowsModule())).flatMap(([name, workflow]) => {
    if (typeof workflow !== 'function') return [];
    const { params, description } = workflow as Partial<Described>;
    return [{ name, params, description }];
  });
}

export const workflowNames = async (): Promise<string[]> => (await knownWorkflows()).map(({ name }) => name);

/** @throws Problem (2) that lists the known ones */
export async function findWorkflow(name: string): Promise<KnownWorkflow> {
  const workflows = await knownWorkflows();
  const found = workflows.find((one) => one.name === name);
  if (found) return found;
  const known = workflows.map((one) => one.name);
  throw usage(
    `there is no workflow '${name}'${suggestion(name, known)}\n` +
      `  known are: ${known.join(', ')} (the exports of ${workflowsModule().from})`,
  );
}
