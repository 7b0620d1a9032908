/** What a run needs of this machine. */
import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { workerFiles } from '../../config/worker.ts';
import { workflowsModule } from '../../config/workflows-module.ts';
import { type TemporalConfig } from '../../config/temporal.ts';
import { knownWorkflows } from '../params/workflows.ts';
import { check, failed, ok, type Check, type Verdict } from './check.ts';

const LEAST_NODE = 24;
const FILES = ['TEMPORAL_PODS_POLICY', 'TEMPORAL_PODS_TEMPLATE', 'TEMPORAL_PODS_TEMPLATES', 'TEMPORAL_PODS_CALLBACKS'];

export async function* machineChecks({ logRoot }: TemporalConfig): AsyncGenerator<Check> {
  const of = (name: string, work: () => Verdict | Promise<Verdict>) => check('this machine', name, work);
  yield await of('Node.js', () =>
    Number(process.versions.node.split('.', 1)[0]) >= LEAST_NODE
      ? ok(process.version)
      : failed(process.version, `Node ${LEAST_NODE} or newer runs this`),
  );
  yield await of('workflows', async () => {
    const workflows = await knownWorkflows();
    return ok(`${workflows.length} in ${workflowsModule().from}: ${workflows.map(({ name }) => name).join(', ')}`);
  });
  yield await of('files', async () => {
    await workerFiles();
    const named = FILES.filter((variable) => process.env[variable]);
    return ok(
      named.length === 0 ? 'no policy, template or callbacks: the defaults hold' : `${named.join(', ')} can be used`,
    );
  });
  yield await of('logs', async () => {
    let there = logRoot;
    while (!existsSync(there)) there = dirname(there);
    try {
      await access(there, constants.W_OK | constants.X_OK);
      return ok(`${logRoot}${there === logRoot ? '' : ' (will be created)'}`);
    } catch {
      return failed(`${there} cannot be written`, 'TEMPORAL_PODS_LOG_DIR: a folder that workers and clients share');
    }
  });
}
