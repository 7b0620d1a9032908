/**
 * `npm run up`: a Temporal and a Kubernetes to develop and test with. Uses what the user has, builds what is missing, starts
 * what does not run; calling it again is cheap and changes nothing.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { binaryDirectory, buildAll } from './build.ts';
import { ensureCluster } from './cluster.ts';
import { withLock } from './lock.ts';
import { kubernetesModule, temporalModule } from './modules.ts';
import { checkPrograms, installPackages, locate, requireClusterMachine } from './packages.ts';
import { place as placeOf } from './place.ts';
import { main, usage } from '../src/common/problem.ts';
import { toStandardError, type Say } from './progress.ts';
import { writeStack, type Stack } from './stack.ts';
import { ensureTemporal } from './temporal.ts';
import { together } from './together.ts';
import { hasOwnTemporal, ownCluster, ownTemporal } from './user.ts';

export type UpOptions = {
  /** A context of the user's kubeconfig. Without it, a cluster of our own. */
  context?: string | undefined;
  kubeconfig?: string | undefined;
  namespace?: string | undefined;
  /** Of our own cluster; a running one grows, it never shrinks. */
  nodes?: number | undefined;
  /** Hears about long work; standard error by default. */
  say?: Say | undefined;
};

const MOST_NODES = 2;

function check({ context, kubeconfig, namespace, nodes = 1 }: UpOptions): void {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) throw usage(`--nodes takes 1 or ${MOST_NODES}`);
  if (context === undefined && kubeconfig !== undefined) {
    throw usage('--kubeconfig needs --context NAME: the current context is never used unasked');
  }
  if (context === undefined && namespace !== undefined) throw usage('--namespace needs --context NAME');
  if (context !== undefined && nodes > 1) throw usage('--nodes is for a cluster of our own, not for --context');
}

export async function up(options: UpOptions = {}): Promise<Stack> {
  check(options);
  const say = options.say ?? toStandardError;
  const { context } = options;
  if (context === undefined) requireClusterMachine();
  const place = placeOf();
  return withLock(place.lock, say, async () => {
    const found = hasOwnTemporal() ? undefined : locate('temporal');
    const modules = [
      ...(hasOwnTemporal() || found !== undefined ? [] : [temporalModule]),
      ...(context === undefined ? [kubernetesModule] : []),
    ];
    if (context === undefined) {
      installPackages(say);
      await checkPrograms();
    }
    await buildAll(place, modules, say);
    const executable = found ?? join(binaryDirectory(place, temporalModule), 'temporal');
    const temporal = hasOwnTemporal() ? ownTemporal() : ensureTemporal(place, executable, say);
    const cluster =
      context === undefined
        ? ensureCluster(place, options.nodes ?? 1, say)
        : ownCluster({ ...options, context }).then((kubernetes) => ({ kubernetes }));
    await together([temporal, cluster]);
    const stack: Stack = { temporal: await temporal, ...(await cluster) };
    writeStack(stack);
    return stack;
  });
}

const HELP = `Usage: npm run up -- [options]

Starts a Temporal and a Kubernetes, or finds yours.
  TEMPORAL_ADDRESS, TEMPORAL_PROFILE  use this Temporal
  --context NAME                      use this context of your kubeconfig (kind, k3d, …)
  --kubeconfig FILE                   where that context is
  --namespace NAME                    where pods go there (default: the context's)
  --nodes 1|2                         nodes of our own cluster (default 1)
  --debug                             show where an error came from`;

async function command(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: {
      context: text,
      kubeconfig: text,
      namespace: text,
      nodes: text,
      debug: flag,
      help: { ...flag, short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const began = Date.now();
  const { context, kubeconfig, namespace, nodes } = values;
  const stack = await up({ context, kubeconfig, namespace, ...(nodes === undefined ? {} : { nodes: Number(nodes) }) });
  const { temporal, kubernetes } = stack;
  console.log(`Temporal    ${temporal.address}${temporal.uiUrl === undefined ? '' : `, Web UI ${temporal.uiUrl}`}`);
  console.log(
    `Kubernetes  context ${kubernetes.context} in ${kubernetes.kubeconfig}, namespace ${kubernetes.namespace}`,
  );
  console.log(`up in ${((Date.now() - began) / 1000).toFixed(1)} s; npm run status tells more, npm run down ends it`);
  return 0;
}

if (import.meta.main) await main(command);
