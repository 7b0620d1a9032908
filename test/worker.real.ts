/** What a worker says when it cannot begin: one message, that names the thing and what to do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
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
