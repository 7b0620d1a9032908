/** `npm run demo`: from nothing to two finished pipelines of real pods, with a count of what they left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { up } from '../local/up.ts';
import { connectCluster } from '../src/kubernetes/connect.ts';
import { MANAGED_SELECTOR } from '../src/pod/identity.ts';
import { infrastructure, main } from '../src/common/problem.ts';

const ORDERS = fileURLToPath(new URL('orders.csv', import.meta.url));

await main(async () => {
  const { values } = parseArgs({
    options: {
      context: { type: 'string' },
      kubeconfig: { type: 'string' },
      namespace: { type: 'string' },
      image: { type: 'string' },
      debug: { type: 'boolean' },
    },
  });
  const stack = await up(values);
  const { kubernetes, temporal } = stack;
  const env = {
    ...process.env,
    TEMPORAL_PODS_CONTEXT: kubernetes.context,
    TEMPORAL_PODS_KUBECONFIG: kubernetes.workerKubeconfig,
    TEMPORAL_PODS_NAMESPACE: kubernetes.namespace,
    // A schedule would outlive this worker; and it must not end the one of other workers.
    TEMPORAL_PODS_TASK_QUEUE: 'temporal-pods-demo',
    TEMPORAL_PODS_SWEEP_EVERY: 'never',
  };
  const image = values.image ?? stack.images?.python ?? 'python:3.12-slim';

  title('a worker');
  const worker = await startWorker(env);
  try {
    title('hello: the example of every article about KubernetesPodOperator');
    const hello = await client(env, 'run', 'hello', JSON.stringify({ image }));
    title('diamond: orders → regions, products → report, data passed between pods');
    const id = `diamond-${randomBytes(4).toString('hex')}`;
    const diamond = await client(env, 'run', 'diamond', `image=${image}`, `csv=@${ORDERS}`, '--id', id);
    title('its graph, from its history');
    const graph = await client(env, 'graph', id);

    title('what is left');
    const left = await podsLeft(kubernetes);
    console.log(`${left.length} pods left${left.length ? `: ${left.join(', ')}` : ''} (asked the API server)`);
    if (temporal.uiUrl) console.log(`their histories:  ${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows`);
    console.log('run more:         npm run worker');
    console.log(`                  npm run client -- run hello image=${image}   (in another terminal)`);
    console.log('stop everything:  npm run down');
    return hello === 0 && diamond === 0 && graph === 0 && left.length === 0 ? 0 : 1;
  } finally {
    worker.kill('SIGTERM');
    if (worker.exitCode === null) await once(worker, 'exit');
  }
});

function title(text: string): void {
  console.log(`\n── ${text}`);
}

/** Resolves when the worker polls; its log goes to standard error, where it can be looked at apart. */
async function startWorker(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [program('worker')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  const lines = createInterface({ input: worker.stderr });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('exit', (code) =>
      reject(infrastructure(`the worker ended with ${code}:\n${said.slice(-20).join('\n')}`)),
    );
    lines.on('line', (line) => {
      said.push(line);
      if (line.startsWith('worker ready')) resolve(console.log(line));
    });
  });
  await ready;
  return worker;
}

async function client(env: NodeJS.ProcessEnv, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, [program('client'), ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function program(name: string): string {
  return new URL(`../src/${name}.ts`, import.meta.url).pathname;
}

async function podsLeft({
  kubeconfig,
  context,
  namespace,
}: {
  kubeconfig: string;
  context: string;
  namespace: string;
}) {
  const cluster = connectCluster({ kubeconfig, context });
  try {
    const { items } = await cluster.listPods(namespace, MANAGED_SELECTOR);
    return items.map((pod) => pod.metadata?.name ?? '?');
  } finally {
    cluster.close();
  }
}
