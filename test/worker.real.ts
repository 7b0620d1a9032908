/** What a worker says when it cannot begin: one message, that names the thing and what to do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStack } from '../local/stack.ts';
import { real } from './support/real.ts';

const stack = readStack();

function worker(env: Record<string, string>, ...args: string[]): Promise<{ code: number; said: string }> {
  const program = fileURLToPath(new URL('../src/worker.ts', import.meta.url));
  return new Promise((resolve) =>
    execFile(process.execPath, [program, ...args], { env: { ...process.env, ...env } }, (error, _out, said) =>
      resolve({ code: Number(error?.code ?? 0), said }),
    ),
  );
}

test('a worker begins with a template, a folder of templates, a policy and callbacks of its operator', async () => {
  const world = await real();
  try {
    const { said } = await world.lane('worker-files').worker({
      template: { metadata: { labels: { team: 'sales' } } },
      templates: fileURLToPath(new URL('support', import.meta.url)),
      policy: { images: ['*'] },
      callbacks: fileURLToPath(new URL('support/callbacks.ts', import.meta.url)),
    });
    assert.match(said.at(-1) ?? '', /^worker ready/);
  } finally {
    await world.close();
  }
});

suite('a worker that cannot begin', { concurrency: 2 }, () => {
  const kubeconfig = stack?.kubernetes.kubeconfig ?? '';
  const context = stack?.kubernetes.context ?? '';
  const rows: [law: string, env: Record<string, string>, code: number, says: RegExp][] = [
    [
      'an unknown context is usage, and the known ones are listed',
      { TEMPORAL_PODS_CONTEXT: 'nope', TEMPORAL_PODS_KUBECONFIG: kubeconfig },
      2,
      new RegExp(`nope[\\s\\S]*${context}`),
    ],
    [
      'a kubeconfig without a named context is refused: the current one is never used',
      { TEMPORAL_PODS_KUBECONFIG: kubeconfig },
      2,
      /TEMPORAL_PODS_CONTEXT/,
    ],
    [
      'a kubeconfig that is not there is named',
      { TEMPORAL_PODS_CONTEXT: 'x', TEMPORAL_PODS_KUBECONFIG: '/no/such/kubeconfig' },
      2,
      /\/no\/such\/kubeconfig/,
    ],
    [
      'a Temporal that does not answer is named',
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      3,
      /127\.0\.0\.1:1[\s\S]*npm run up/,
    ],
    ['an unknown Temporal namespace is named', { TEMPORAL_NAMESPACE: 'no-such' }, 3, /no-such/],
    [
      'a number that is none is named with its value',
      { TEMPORAL_PODS_MAX_PODS: 'many' },
      2,
      /TEMPORAL_PODS_MAX_PODS=many/,
    ],
    [
      'a template, policy or module of callbacks that is wrong is named with its file, before anything is asked for',
      { TEMPORAL_PODS_CALLBACKS: 'no-such.ts', TEMPORAL_ADDRESS: '127.0.0.1:1' },
      2,
      /^temporal-pods: TEMPORAL_PODS_CALLBACKS=no-such\.ts: there is no such file \(looked for .*\)\n$/,
    ],
    [
      'a folder that takes no logs is named, and keeps it from its start',
      { TEMPORAL_PODS_LOG_DIR: '/proc/nosuch' },
      2,
      /^temporal-pods: TEMPORAL_PODS_LOG_DIR=\/proc\/nosuch: logs cannot be stored there: ENOENT/,
    ],
    [
      'a namespace it may not work in is named, in the API server’s words',
      {
        TEMPORAL_PODS_CONTEXT: context,
        TEMPORAL_PODS_KUBECONFIG: stack?.kubernetes.workerKubeconfig ?? '',
        TEMPORAL_PODS_NAMESPACE: 'kube-system',
      },
      3,
      /kube-system[\s\S]*forbidden/,
    ],
  ];
  for (const [law, env, code, says] of rows)
    test(law, async () => {
      const ended = await worker(env);
      assert.match(ended.said, says);
      assert.equal(ended.code, code, ended.said);
      assert.doesNotMatch(ended.said, /^\s+at /m, 'no stack trace');
    });
});

suite('a module of workflows that no sandbox can run', { concurrency: 2 }, () => {
  async function begin(files: Record<string, string>) {
    const folder = await mkdtemp(join(tmpdir(), 'workflows-'));
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      return await worker({ TEMPORAL_PODS_WORKFLOWS: join(folder, 'index.ts'), TEMPORAL_PODS_SWEEP_EVERY: 'never' });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('the import that is not allowed is named, with the file that has it and what to do', async () => {
    const { code, said } = await begin({
      'index.ts': "import { today } from './day.ts';\nexport const nightly = async () => today();\n",
      'day.ts': "import { readFileSync } from 'node:fs';\nexport const today = () => readFileSync('/day', 'utf8');\n",
    });
    assert.match(said, /TEMPORAL_PODS_WORKFLOWS=.*index\.ts: /);
    assert.match(said, /'node:fs' is imported by .*\/day\.ts/);
    assert.match(said, /activity|pod/);
    assert.equal(code, 2, said);
    assert.doesNotMatch(said, /Cannot close connection|^\s+at /m);
  });

  test('what the bundler cannot read is told in its words', async () => {
    // Node reads it, and never asks for the other one.
    const { code, said } = await begin({
      'index.ts': "export const nightly = async () => (await import('./no-such.ts')).x;\n",
    });
    assert.match(said, /no-such\.ts/);
    assert.equal(code, 2, said);
  });
});

suite('a worker in which something fails', () => {
  const faults: [law: string, fault: string, says: RegExp][] = [
    ['one of its two pollers: the other one stops too, and the cause is told', 'poller', /the server makes no sense/],
    ['a promise of its own that nothing awaits', 'rejection', /a promise of our own/],
    ['an exception of its own that nothing catches', 'exception', /an exception of our own/],
  ];
  for (const [law, FAULT, says] of faults)
    test(law, async () => {
      const world = await real();
      try {
        const preload = new URL('support/worker-faults.ts', import.meta.url).href;
        const failing = await world.lane('faults').worker({ env: { FAULT, NODE_OPTIONS: `--import ${preload}` } });
        process.kill(failing.pid, 'SIGHUP');
        assert.equal(await failing.ended, 3);
        const last = failing.said.findLast((line) => line.startsWith('temporal-pods: ')) ?? failing.said.join('\n');
        assert.match(last, says);
        assert.doesNotMatch(failing.said.join('\n'), /Cannot close connection/);
      } finally {
        await world.close();
      }
    });
});
