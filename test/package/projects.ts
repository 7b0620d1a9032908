/** Projects of authors, as text: in this checkout the package that they import is not installed. */

/** A DAG of one pod and a task without; its result is `HELLO <name>`. */
const GREETING = `
import { z } from 'zod';
import { dag, runPod } from 'temporal-pods/workflows';

export const greeting = (name: string, image: string): Promise<string> =>
  dag(async (task) => {
    const script = \`echo greeting; printf '"hello %s"' '\${name}' > /dev/termination-log\`;
    // Whether it fits the schema is looked at in a thread of the worker.
    const hello = task('hello', () =>
      runPod({ image, command: ['sh', '-c', script], grace: '3s' }, { output: z.string() }),
    );
    return task('shout', async () => (await hello).output.toUpperCase());
  });
`;

/** What else an author may import, without a type of his own where one can be inferred: then it stands in his declarations. */
const EVERYTHING = `
import { executeChild } from '@temporalio/workflow';
import { z } from 'zod';
import { allOf, anotherNode, dag, mapChunk, moreMemory, runPod, scheduledDay, withParams, withPodSlot } from 'temporal-pods/workflows';
import type { CallbackRegistry, Chunk, Graph, PodResult, PodSpec } from 'temporal-pods/workflows';

const pod = (...args: string[]): PodSpec => ({ image: 'etl:3', args });

export const loadChunk = (chunk: Chunk<string>) => mapChunk(chunk, (file) => runPod<number>(pod(file)));

export const load = (files: string[]) =>
  dag(async (task) => {
    const listed = task('list', () => runPod(pod('list'), { output: z.object({ rows: z.number() }) }));
    const rows: number = (await listed).output.rows;
    const counts: number[] = (await task.map('load', files, loadChunk, { per: 10 })).map(({ output }) => output + rows);
    const last: PodResult = await task('last', () =>
      runPod(pod(), { nextTry: allOf(moreMemory({ upTo: '1Gi' }), anotherNode()) }),
    );
    return { counts, last };
  });

export const nightly = withParams(
  z.object({ day: z.iso.date().optional(), regions: z.array(z.string()).default(['eu']) }).describe('Loads one day.'),
  async function nightly({ day = scheduledDay(), regions }) {
    return dag(async (task) => Promise.all(regions.map((region) => task(region, () => runPod(pod(region, day))))));
  },
);

export const all = () =>
  dag((task) => task('eu', () => withPodSlot(() => executeChild(nightly, { args: [{ regions: ['eu'] }] }))));

export const states = (graph: Graph) => graph.nodes.map(({ state }) => state);

export const callbacks: CallbackRegistry = { audit: { onStart: (started) => console.log(started.metadata?.name) } };
`;

/** A worker that an author starts from a program of his own. */
const WORKER = `
import { Problem, runWorker } from 'temporal-pods/worker';

runWorker().catch((error: unknown) => {
  console.error(error);
  process.exitCode = error instanceof Problem ? error.exitCode : 1;
});
`;

/** A worker of the author's own, with the plugin. */
const OWN_WORKER = `
import { NativeConnection, Worker } from '@temporalio/worker';
import { temporalPods } from 'temporal-pods/worker';

async function main([workflowsPath = '', address = '', taskQueue = '', context = '', kubeconfig = '', namespace = '', logDir = '']: string[]) {
  const connection = await NativeConnection.connect({ address });
  const pods = temporalPods({ context, kubeconfig, namespace, logDir, sweepEvery: 'never', heartbeatTimeout: '1m' });
  const worker = await Worker.create({ connection, taskQueue, workflowsPath, plugins: [pods] });
  console.error('worker ready');
  await worker.run();
  await connection.close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** Runs the DAG and prints its result and the states of its tasks. */
const CLIENT = `
import { connect } from 'temporal-pods/client';
import { retryTask } from 'temporal-pods/workflows';
import { greeting } from './dags.js';

async function main([workflowId = '', image = '']: string[]) {
  const { client, taskQueue, graph, close } = await connect({ environment: process.env });
  const run = await client.workflow.start(greeting, { taskQueue, workflowId, args: ['program', image] });
  const result: string = await run.result();
  const refused = await run.executeUpdate(retryTask, { args: ['hello'] }).catch((error: Error) => error.name);
  const { nodes } = await graph(workflowId);
  console.log(JSON.stringify({ result, refused, tasks: nodes.map(({ name, state }) => [name, state]) }));
  await close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** Replays a recorded run against the DAG, with the SDK alone. */
const REPLAY = `
import { readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';

const [workflowsPath, file] = process.argv.slice(2);
await Worker.runReplayHistory({ workflowsPath }, JSON.parse(readFileSync(file, 'utf8')));
process.exit();
`;

export interface Project {
  readonly title: string;
  readonly type: 'module' | 'commonjs';
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

const ALWAYS = { strict: true, target: 'es2022', types: ['node'], outDir: 'lib', rootDir: '.', declaration: true };

export const PROJECTS = {
  esm: {
    title: 'ES modules as Node has them',
    type: 'module',
    compilerOptions: { ...ALWAYS, module: 'nodenext', skipLibCheck: true, rewriteRelativeImportExtensions: true },
  },
  /** \`module: node16\` is the strictest of those that \`@tsconfig/node22\` has had: it never lets CommonJS require an ES module. */
  commonjs: {
    title: 'CommonJS, as Temporal’s own samples are compiled',
    type: 'commonjs',
    compilerOptions: {
      ...ALWAYS,
      lib: ['es2021'],
      module: 'node16',
      moduleResolution: 'node16',
      esModuleInterop: true,
      skipLibCheck: true,
      declarationMap: true,
      sourceMap: true,
    },
  },
  bundler: {
    title: 'for a bundler',
    type: 'module',
    compilerOptions: { ...ALWAYS, module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
  },
  exact: {
    title: 'every switch set, and the declarations of packages checked',
    type: 'module',
    compilerOptions: {
      ...ALWAYS,
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noImplicitOverride: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      skipLibCheck: false,
    },
  },
} as const satisfies Record<string, Project>;

/** The files that a page shows whole: their first line is their name. */
export const filesIn = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)].map(([, name = '', text = '']) => [name, text]),
  );

/** Each file of a project, by its name. */
export const filesOf = ({ type, compilerOptions }: Project): Record<string, string> => ({
  'package.json': JSON.stringify({ private: true, type }),
  'tsconfig.json': JSON.stringify({
    compilerOptions,
    files: ['dags.ts', 'everything.ts', 'worker.ts', 'own-worker.ts', 'client.ts'],
  }),
  'dags.ts': GREETING,
  'everything.ts': EVERYTHING,
  'worker.ts': WORKER,
  'own-worker.ts': OWN_WORKER,
  'client.ts': CLIENT,
  'replay.mjs': REPLAY,
});
