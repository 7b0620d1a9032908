/** What an operator gives a worker in files: right ones are read, wrong ones are refused with the variable, the file and the fault. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { workerFiles } from '../../src/config/index.ts';
import { Problem } from '../../src/common/problem.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-files-'));
});
after(() => rm(folder, { recursive: true }));

let files = 0;
/** A new file with this content. */
async function file(content: string, extension = 'yaml'): Promise<string> {
  const path = join(folder, `${++files}.${extension}`);
  await writeFile(path, content);
  return path;
}

async function refusal(env: Record<string, string>): Promise<Problem> {
  const error: unknown = await workerFiles(env).then(
    () => new Error('nothing was wrong'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem, String(error));
  assert.equal(error.exitCode, 2);
  return error;
}

test('without files: no template, no callbacks, and the policy that holds by default', async () => {
  const { templates, callbacks, policy } = await workerFiles({});
  assert.deepEqual([templates, callbacks], [{ defaults: {} }, {}]);
  assert.deepEqual(policy, (await import('../../src/policy/index.ts')).DEFAULT_POLICY);
});

suite('the operator’s template', () => {
  test('a whole Pod and a bare template are the same', async () => {
    const bare = 'metadata: { labels: { team: sales } }\nspec: { nodeSelector: { disk: ssd } }\n';
    const expected = { metadata: { labels: { team: 'sales' } }, spec: { nodeSelector: { disk: 'ssd' } } };
    for (const text of [bare, `apiVersion: v1\nkind: Pod\n${bare}`]) {
      const { templates } = await workerFiles({ TEMPORAL_PODS_TEMPLATE: await file(text) });
      assert.deepEqual(templates.defaults, expected);
    }
  });

  test('may set anything of the main container but its image', async () => {
    const text = 'spec: { containers: [{ name: base, imagePullPolicy: Never }, { name: proxy, image: "proxy:1" }] }';
    const { templates } = await workerFiles({ TEMPORAL_PODS_TEMPLATE: await file(text) });
    assert.equal(templates.defaults.spec?.containers?.length, 2);
  });

  const wrong: [law: string, content: string, says: RegExp][] = [
    ['another kind', 'kind: Deployment\nspec: {}', /kind: must be "Pod", got "Deployment"/],
    ['another version', 'apiVersion: v2', /apiVersion: must be "v1", got "v2"/],
    ['an unknown part', 'specs: {}', /\n {2}specs: /],
    ['a field with a wrong type', 'spec: { containers: 3 }', /\n {2}spec\.containers: must be a list, got 3/],
    ['a misspelt field', 'spec: { nodeSelectr: {} }', /\n {2}spec\.nodeSelectr: /],
    ['a list', '- spec', /must be a Pod, or an object of metadata and spec, got a list/],
    ['two documents', 'spec: {}\n---\nspec: {}', /holds 2 YAML documents; it must be exactly one/],
    ['no YAML', 'spec: {', /is not valid YAML or JSON: /],
    [
      'an image for the main container',
      'spec: { containers: [{ name: base, image: "etl:3" }] }',
      /spec\.containers\[base\]\.image: .*author's to choose, got "etl:3"/,
    ],
  ];
  for (const [law, content, says] of wrong)
    test(`is refused with ${law}`, async () => {
      const path = await file(content);
      const { message } = await refusal({ TEMPORAL_PODS_TEMPLATE: path });
      assert.ok(message.startsWith(`TEMPORAL_PODS_TEMPLATE=${path}: `), message);
      assert.match(message, says);
    });
});

suite('callbacks', () => {
  test('are the default export of a module, in TypeScript or JavaScript', async () => {
    for (const extension of ['ts', 'mjs']) {
      const path = await file('export default { audit: { onEnd() {} } };', extension);
      const { callbacks } = await workerFiles({ TEMPORAL_PODS_CALLBACKS: path });
      assert.equal(typeof callbacks['audit']?.onEnd, 'function');
    }
  });

  test('may be an object of a class', async () => {
    const path = await file(
      'class Audit { #seen = 0; onStart() { this.#seen++; } }\nexport default { a: new Audit() };',
      'mjs',
    );
    const { callbacks } = await workerFiles({ TEMPORAL_PODS_CALLBACKS: path });
    assert.equal(typeof callbacks['a']?.onStart, 'function');
  });

  const wrong: [law: string, content: string, says: RegExp, extension?: string][] = [
    ['no default export', 'export const audit = {};', /has no default export; it must be an object/],
    ['something else as default export', 'export default () => 1;', /must be an object of callbacks, got a function/],
    ['a name that is no object', 'export default { audit: 3 };', /\n {2}audit: must be an object of callbacks, got 3/],
    ['a name without a callback', 'export default { audit: {} };', /\n {2}audit: has no callback; it may have before/],
    [
      'a callback that is no function',
      'export default { a: { onEnd: 1 } };',
      /\n {2}a\.onEnd: must be a function, got 1/,
    ],
    ['a misspelt one', 'export default { a: { onEdn() {} } };', /\n {2}a\.onEdn: is no callback; did you mean onEnd\?/],
    ['an unknown one', 'export default { a: { afterwards() {} } };', /a\.afterwards: is no callback; they are before/],
    ['code that throws', 'throw new Error("no key");', /cannot be loaded: no key/],
    ['code that cannot be read', 'export default {', /cannot be loaded: /],
    ['another kind of file', '{}', /is no module: its name must end in \.ts, \.js, \.mjs/, 'yaml'],
  ];
  for (const [law, content, says, extension = 'mjs'] of wrong)
    test(`are refused with ${law}`, async () => {
      const path = await file(content, extension);
      const { message } = await refusal({ TEMPORAL_PODS_CALLBACKS: path });
      assert.ok(message.startsWith(`TEMPORAL_PODS_CALLBACKS=${path}: `), message);
      assert.match(message, says);
    });

  test('every fault is told at once', async () => {
    const path = await file('export default { a: { onEnd: 1, oops() {} }, b: 2 };', 'mjs');
    assert.equal((await refusal({ TEMPORAL_PODS_CALLBACKS: path })).message.split('\n').length, 4);
  });
});

suite('the policy', () => {
  test('is read from its file', async () => {
    const { policy } = await workerFiles({ TEMPORAL_PODS_POLICY: await file('images: ["etl:*"]') });
    assert.deepEqual(policy.images, ['etl:*']);
  });

  test('is refused with a rule that is misspelt: it would be a rule that is not there', async () => {
    const path = await file('image: ["etl:*"]');
    const { message } = await refusal({ TEMPORAL_PODS_POLICY: path });
    assert.ok(message.startsWith(`TEMPORAL_PODS_POLICY=${path}: `), message);
    assert.match(message, /image: is not a rule; did you mean images\?/);
  });
});

suite('what is named must be there', () => {
  const named = ['TEMPLATE', 'POLICY', 'CALLBACKS'].map((name) => `TEMPORAL_PODS_${name}`);
  for (const variable of named) {
    test(`${variable}: a file that is not there is named`, async () => {
      const { message } = await refusal({ [variable]: 'no-such.mjs' });
      assert.match(
        message,
        new RegExp(`^${variable}=no-such\\.mjs: there is no such file \\(looked for /.*/no-such\\.mjs\\)$`),
      );
    });
    test(`${variable}: a folder is no file`, async () => {
      assert.match((await refusal({ [variable]: folder })).message, new RegExp(`^${variable}=.*: is not a file$`));
    });
  }

  test('the folder of the templates is one', async () => {
    const { templates } = await workerFiles({ TEMPORAL_PODS_TEMPLATES: folder });
    assert.equal(templates.folder, folder);
    const path = await file('');
    assert.match(
      (await refusal({ TEMPORAL_PODS_TEMPLATES: path })).message,
      /TEMPORAL_PODS_TEMPLATES=.*: is not a folder/,
    );
    assert.match(
      (await refusal({ TEMPORAL_PODS_TEMPLATES: 'no' })).message,
      /TEMPORAL_PODS_TEMPLATES=no: there is no such/,
    );
  });
});
