/** A canary in every place that may hold a secret: it must be in no message, and in nothing that `--debug` shows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { inspect } from 'node:util';
import { ownCluster, ownTemporal } from '../../local/user.ts';
import { messageOf } from '../../src/common/message-of.ts';
import { kubernetesConfig, runUrl, temporalConfig, workerFiles, workflowsModule } from '../../src/config/index.ts';
import { connectCluster } from '../../src/kubernetes/connect.ts';

const CANARY = 'c4n4ry';

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), 'tp-secrets-'))));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The one message of a program that ends here, after it was looked at that neither it nor `--debug` tells the secret. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    const debug = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
    for (const output of [messageOf(error), debug]) assert.ok(!output.includes(CANARY), output);
    return messageOf(error);
  }
  return assert.fail('was let through');
}

suite('no secret is in any message', () => {
  const temporal = (env: NodeJS.ProcessEnv) => () => temporalConfig({ HOME: folder, ...env });
  const toml = (text: string) => temporal({ TEMPORAL_CONFIG_FILE: file('temporal.toml', text) });

  test('a temporal.toml that cannot be parsed: its line is named, not shown', async () => {
    const message = await refusal(toml(`[profile.default]\naddress = "a:1"\napi_key = ${CANARY}"\n`));
    assert.match(message, /temporal\.toml: line 3, column 11 is not valid TOML/);
    await refusal(toml(`[profile.default]\napi_key = """${CANARY}\n`));
    await refusal(toml(`${CANARY}\n`));
    const before = process.env.TEMPORAL_CONFIG_FILE;
    process.env.TEMPORAL_CONFIG_FILE = file('temporal.toml', `api_key = ${CANARY}"\n`);
    await refusal(ownTemporal);
    if (before === undefined) delete process.env.TEMPORAL_CONFIG_FILE;
    else process.env.TEMPORAL_CONFIG_FILE = before;
  });

  test('an API key that no header can carry', async () => {
    const message = await refusal(temporal({ TEMPORAL_API_KEY: `${CANARY}\n` }));
    assert.match(message, /API key .* a blank, a line break or another character that no header may have/);
    await refusal(temporal({ TEMPORAL_API_KEY: `${CANARY} é` }));
    await refusal(toml(`[profile.default]\napi_key = "${CANARY}\\n"\n`));
    await refusal(toml(`[profile.default]\napi_key = ["${CANARY}"]\n`));
  });

  test('metadata that no header can carry', async () => {
    const message = await refusal(temporal({ TEMPORAL_GRPC_META_X_TOKEN: `${CANARY}\n` }));
    assert.match(message, /TEMPORAL_GRPC_META_\*.*'x-token'/);
  });

  test('a password in the address of Temporal', async () => {
    const message = await refusal(temporal({ TEMPORAL_ADDRESS: `me:${CANARY}@temporal.example:7233` }));
    assert.match(message, /TEMPORAL_ADDRESS/);
  });

  test('a password in the address of the Web UI, which is part of every link', async () => {
    for (const url of [`https://me:${CANARY}@ui.example`, `https:me:${CANARY}@ui example`, `me:${CANARY}`]) {
      const env = { HOME: folder, TEMPORAL_PODS_UI_URL: url };
      assert.match(await refusal(() => runUrl(temporalConfig(env), 'a', 'b')), /TEMPORAL_PODS_UI_URL: /);
    }
  });

  test('a variable that there is not: only its name is said', async () => {
    const message = await refusal(temporal({ TEMPORAL_PODS_QUUX_AND_MORE: CANARY }));
    assert.equal(message, 'the environment is not valid: TEMPORAL_PODS_QUUX_AND_MORE: there is no such variable');
  });

  const contents = `apiVersion: v1\nusers: [{name: me, user: {token: ${CANARY}}}]\n`;

  test("a file's text, given for its name", async () => {
    for (const text of [contents, Buffer.from(contents.repeat(9)).toString('base64') + CANARY]) {
      for (const name of ['TEMPORAL_PODS_TEMPLATE', 'TEMPORAL_PODS_TEMPLATES', 'TEMPORAL_PODS_POLICY'])
        await refusal(() => workerFiles({ [name]: text }));
      await refusal(() => workflowsModule({ TEMPORAL_PODS_WORKFLOWS: text }));
      await refusal(() => kubernetesConfig({ TEMPORAL_PODS_CONTEXT: 'x', TEMPORAL_PODS_KUBECONFIG: text }));
      const before = process.env.KUBECONFIG;
      process.env.KUBECONFIG = text;
      await refusal(() => connectCluster({ context: 'x' }));
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    }
  });

  test('a template of the operator that is none', async () => {
    for (const text of [CANARY, `spec: {containers: [{name: base, env: [{name: A, value: "${CANARY}}]}]}`])
      await refusal(() => workerFiles({ TEMPORAL_PODS_TEMPLATE: file('template.yaml', text) }));
  });

  const kubeconfig = (server: string, user = '{token: x}') =>
    file(
      'kubeconfig',
      `apiVersion: v1\nkind: Config\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n` +
        `clusters: [{name: k, cluster: {server: "${server}"}}]\nusers: [{name: u, user: ${user}}]\n`,
    );
  const connecting = (path: string) => () => connectCluster({ kubeconfig: path, context: 'c' });

  test('a kubeconfig that cannot be parsed: its line is named, not shown', async () => {
    for (const token of [`*${CANARY}`, `!${CANARY} x`, `"${CANARY}`, `{${CANARY}`, `%${CANARY}: @`]) {
      const message = await refusal(
        connecting(file('kubeconfig', `users:\n- user:\n    token: ${token}\n  name: u\n`)),
      );
      assert.match(message, /line \d+, column \d+/);
      await refusal(() => ownCluster({ context: 'c', kubeconfig: join(folder, 'kubeconfig') }));
    }
  });

  test('a password in the address of the API server', async () => {
    for (const server of [`https://me:${CANARY}@k8s.example`, `me:${CANARY}@k8s.example`, `http://me:${CANARY}@k8s`])
      assert.match(await refusal(connecting(kubeconfig(server))), /cluster 'k'/);
  });

  test('what a credential plugin prints', async () => {
    const plugin = (script: string) =>
      kubeconfig(
        'https://127.0.0.1:1',
        `{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '${script}']}}`,
      );
    const asked = async (script: string) => {
      const cluster = connecting(plugin(script))();
      return refusal(() => cluster.listPods('x', '')).finally(() => cluster.close());
    };
    assert.match(await asked(`echo ${CANARY} >&2; exit 3`), /the credential plugin 'sh' of user 'u' failed/);
    assert.match(await asked(`echo ${CANARY}`), /printed no credentials/);
  });
});
