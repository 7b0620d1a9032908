/** The package as an author gets it: packed, installed with npm into projects of their own, type-checked and run there. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { up } from '../local/up.ts';
import { namesOf } from './package/names.ts';
import { filesIn, filesOf, PROJECTS } from './package/projects.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** They look at what is packed; a project of an author does not have them. */
const LINTERS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'];
/** Ours, and the one that a new project gets. */
const COMPILERS = ['typescript', 'typescript-7'];
const NEWEST = 'typescript-7@npm:typescript@7.0.2';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(program: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 28 };
    const child = execFile(program, [...args], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

async function succeeds(...call: Parameters<typeof run>): Promise<string> {
  const { code, out, err } = await run(...call);
  assert.equal(code, 0, `${call[0]} ${call[1].join(' ')}\n${out}${err}`);
  return out;
}

suite('the package', { concurrency: 1, timeout: 300_000 }, () => {
  let folder = '';
  let tarball = '';
  let image = '';
  const at = (...path: string[]) => join(folder, ...path);
  const inModules = (...path: string[]) => at('node_modules', ...path);
  const node = (cwd: string, args: readonly string[], env?: Record<string, string>) =>
    run(process.execPath, args, cwd, env);
  const temporalPods = inModules.bind(undefined, 'temporal-pods', 'bin', 'temporal-pods.js');
  const tsc = (project: string, compiler = 'typescript') =>
    node(at(project), [inModules(compiler, 'bin', 'tsc'), '-p', '.', '--pretty', 'false']);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    const { images } = await up();
    if (!images) throw new Error('these tests run pods: they need the local cluster of `npm run up`');
    image = images.shell;
    const packed = await succeeds('npm', ['pack', '--json', '--pack-destination', folder], root);
    // What a script says comes before it.
    const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as [{ filename: string }];
    tarball = at(filename);
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
    await writeFile(at('package.json'), '{ "private": true }');
    await succeeds('npm', ['install', '--no-audit', '--no-fund', tarball, ...tools, NEWEST, ...LINTERS], folder);
    for (const [name, project] of Object.entries(PROJECTS)) {
      await mkdir(at(name));
      for (const [file, text] of Object.entries(filesOf(project))) await writeFile(at(name, file), text);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('holds what it needs, and neither a test nor anything of local/', async () => {
    const files = globSync('**/*', { cwd: inModules('temporal-pods') });
    const parts = new Set(files.map((file) => file.split('/')[0]));
    for (const known of ['node_modules', 'LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']) parts.delete(known);
    assert.deepEqual([...parts].sort(), ['bin', 'dist', 'docs', 'src']);
    assert.deepEqual(
      files.filter((file) => /\.(test|real)\.|^(bin|dist)\/.*(?<!\.d)\.ts$/.test(file)),
      [],
    );
  });

  test('has each source that a map refers to', async () => {
    const missing: string[] = [];
    const files = new Set(globSync('src/**/*.ts', { cwd: inModules('temporal-pods') }));
    for (const file of globSync('dist/**/*.map', { cwd: inModules('temporal-pods') })) {
      const { sources } = JSON.parse(readFileSync(inModules('temporal-pods', file), 'utf8')) as { sources: string[] };
      for (const source of sources) {
        const path = relative('/', join('/', file, '..', source));
        if (!files.has(path)) missing.push(`${file}: ${path}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  test('exports no TypeScript, and what it exports is what others’ tools expect', async () => {
    const { exports } = JSON.parse(readFileSync(inModules('temporal-pods', 'package.json'), 'utf8')) as {
      exports: object;
    };
    assert.doesNotMatch(JSON.stringify(exports), /(?<!\.d)\.ts"/);
    await succeeds(process.execPath, [inModules('publint', 'src', 'cli.js'), '--strict', tarball], folder);
    const attw = inModules('@arethetypeswrong', 'cli', 'dist', 'index.js');
    // Without `exports`, which no TypeScript since 4.7 has to do, there is nothing to find.
    await succeeds(process.execPath, [attw, '--profile', 'node16', tarball], folder);
  });

  const DOORS = ['workflows', 'worker', 'client', 'testing'];
  for (const door of DOORS)
    test(`temporal-pods/${door}: each name has a text, each function an example, and no type names one that stays inside`, () => {
      const dist = inModules('temporal-pods', 'dist');
      const [own, ...others] = [door, ...DOORS].map((one) => join(dist, one, 'library.d.ts'));
      const names = namesOf(own ?? '', dist, others);
      assert.ok(names.length > 0);
      const faults = names.flatMap(({ name, isValue, text, hidden }) => [
        ...(text === '' ? [`${name} has no docstring`] : []),
        ...(isValue && !/Problem$|Error$/.test(name) && !/^ {4}\S/m.test(text) ? [`${name} has no example`] : []),
        ...hidden.map((type) => `${name} names ${type}`),
      ]);
      assert.deepEqual(faults, []);
    });

  test('brings one SDK, one protobufjs to it, and no Node that would run the scripts of the project', async () => {
    const copies = globSync('**/node_modules/{@temporalio/*,zod}/package.json', { cwd: folder });
    assert.deepEqual(
      copies.filter((path) => path.lastIndexOf('node_modules') > 0),
      [],
    );
    for (const name of ['common', 'proto', 'worker'])
      assert.deepEqual(
        globSync('node_modules/*', { cwd: inModules('@temporalio', name) }),
        [],
        `@temporalio/${name} has packages of its own`,
      );
    assert.equal(existsSync(inModules('.bin', 'node')), false);
  });

  for (const [name, { title }] of Object.entries(PROJECTS))
    test(`type-checks in a project: ${title}`, async () => {
      for (const compiler of COMPILERS) {
        const { code, out, err } = await tsc(name, compiler);
        const errors = out.split('\n').filter((line) => line.includes('error TS'));
        assert.ok(code === 0 || errors.length > 0, out + err);
        // The SDK's own declarations do not pass with every switch set.
        const isOurs = (line: string) => name !== 'exact' || !line.startsWith('../node_modules/@temporalio/');
        assert.deepEqual(errors.filter(isOurs), [], compiler);
      }
    });

  test('type-checks what docs/package.md shows', async () => {
    const files = filesIn(readFileSync(join(root, 'docs', 'package.md'), 'utf8'));
    assert.deepEqual(Object.keys(files), ['dags/index.ts', 'program.ts', 'worker.ts', 'test/replay.test.ts']);
    await mkdir(at('docs'));
    for (const [file, text] of Object.entries({ ...filesOf(PROJECTS.esm), ...files })) {
      await mkdir(at('docs', file, '..'), { recursive: true });
      await writeFile(at('docs', file), text);
    }
    const { compilerOptions } = PROJECTS.esm;
    await writeFile(at('docs', 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    assert.equal((await tsc('docs')).out, '');
  });

  test('type-checks the recipes, with what they import from other folders of ours taken from the package', async () => {
    const examples = join(root, 'src', 'workflows', 'examples');
    const files = globSync('*.ts', { cwd: examples });
    assert.ok(files.length > 10);
    await mkdir(at('recipes'));
    for (const file of files) {
      const text = readFileSync(join(examples, file), 'utf8');
      await writeFile(at('recipes', file), text.replaceAll(/from '\.\.\/[^']+'/g, "from 'temporal-pods/workflows'"));
    }
    const { compilerOptions } = PROJECTS.esm;
    await writeFile(at('recipes', 'package.json'), filesOf(PROJECTS.esm)['package.json'] ?? '');
    await writeFile(at('recipes', 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    assert.equal((await tsc('recipes')).out, '');
  });

  test('the types of a workflow bring nothing of what runs outside of it', async () => {
    await writeFile(at('esm', 'only.ts'), "export * from 'temporal-pods/workflows';\n");
    const only = ['only.ts', '--module', 'nodenext', '--noEmit', '--listFilesOnly'];
    const { out } = await node(at('esm'), [inModules('typescript', 'bin', 'tsc'), ...only]);
    const files = out.split('\n').filter((file) => file.includes('/node_modules/'));
    const rooms = files.flatMap((file) => /\/temporal-pods\/dist\/(.*)\//.exec(file)?.[1]?.split('/')[0] ?? []);
    assert.deepEqual([...new Set(rooms)].sort(), ['common', 'contract', 'workflows']);
    assert.deepEqual(
      files.filter((file) => /@temporalio\/(activity|client|worker)\//.test(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /@kubernetes\/client-node\/dist\/(index|config|exec|watch)\.d\.ts/.test(file)),
      [],
    );
  });

  const queue = `package-${Date.now().toString(36)}`;
  const environment = (project: string, more: Record<string, string>) => ({
    TEMPORAL_PODS_TASK_QUEUE: `${queue}-${project}`,
    TEMPORAL_PODS_SWEEP_EVERY: 'never',
    TEMPORAL_PODS_LOG_DIR: at('logs'),
    ...more,
  });

  /** While it runs. */
  async function withWorker<T>(
    project: string,
    args: readonly string[],
    env: Record<string, string>,
    work: () => Promise<T>,
  ): Promise<T> {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const child = spawn(process.execPath, args, {
      cwd: at(project),
      env: { ...process.env, ...env },
      stdio: [...stdio],
    });
    const ended = once(child, 'exit');
    try {
      const said: string[] = [];
      await new Promise<void>((resolve, reject) => {
        void ended.then(() => reject(new Error(said.join('\n'))));
        createInterface({ input: child.stderr }).on('line', (line) => {
          said.push(line);
          if (line.startsWith('worker ready')) resolve();
        });
      });
      const result = await work();
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null], said.join('\n'));
      return result;
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** What the client of an author prints. */
  const ENDED = {
    result: 'HELLO PROGRAM',
    refused: 'WorkflowNotFoundError',
    tasks: [
      ['hello', 'done'],
      ['shout', 'done'],
    ],
  };

  const PLAN = /^● *hello .*\n│\n● *shout/m;

  test('its command line runs a DAG that is TypeScript, in a real pod; its history is replayed by the SDK alone', async () => {
    const env = environment('esm', { TEMPORAL_PODS_WORKFLOWS: 'dags.ts' });
    const args = ['greeting', '"world"', JSON.stringify(image)];
    assert.match(await succeeds(process.execPath, [temporalPods(), 'graph', '--plan', ...args], at('esm'), env), PLAN);
    const id = `${queue}-typescript`;
    const out = await withWorker('esm', [temporalPods(), 'worker'], env, () =>
      succeeds(process.execPath, [temporalPods(), 'run', ...args, '--id', id], at('esm'), env),
    );
    assert.match(out, /greeting\n(.*\n)*.*HELLO WORLD/);
    await succeeds(process.execPath, [temporalPods(), 'history', id, '--to', 'history.json'], at('esm'), env);
    await succeeds(process.execPath, ['replay.mjs', at('esm', 'dags.ts'), 'history.json'], at('esm'));
  });

  test('programs of an author, compiled to CommonJS, are a worker and a client', async () => {
    const env = environment('commonjs', { TEMPORAL_PODS_WORKFLOWS: join('lib', 'dags.js') });
    const plan = ['graph', '--plan', 'greeting', '"a"', '"b"'];
    assert.match(await succeeds(process.execPath, [temporalPods(), ...plan], at('commonjs'), env), PLAN);
    const id = `${queue}-commonjs`;
    const out = await withWorker('commonjs', [join('lib', 'worker.js')], env, () =>
      succeeds(process.execPath, [join('lib', 'client.js'), id, image], at('commonjs'), env),
    );
    assert.deepEqual(JSON.parse(out), ENDED);
  });

  for (const project of ['esm', 'commonjs'])
    test(`a worker of an author’s own runs pods by the plugin: ${project}`, async () => {
      const env = environment(project, {});
      const { temporal, kubernetes } = await up();
      const args = [join('lib', 'own-worker.js'), at(project, 'lib', 'dags.js'), temporal.address];
      args.push(
        env.TEMPORAL_PODS_TASK_QUEUE,
        kubernetes.context,
        kubernetes.kubeconfig,
        kubernetes.namespace,
        at('logs'),
      );
      const out = await withWorker(project, args, {}, () =>
        succeeds(process.execPath, [join('lib', 'client.js'), `${queue}-own-${project}`, image], at(project), env),
      );
      assert.deepEqual(JSON.parse(out), ENDED);
    });
});
