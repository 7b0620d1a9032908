import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { PodSpec } from '../../src/contract/index.ts';
import { podManifest } from '../../src/pod/manifest.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { policyFaults } from '../../src/policy/index.ts';
import { DEFAULTS } from '../../src/policy/rules.ts';
import { KEY } from '../activities/support.ts';

const refusal = (text: string): string => {
  try {
    return JSON.stringify(parsePolicy(text, 'policy.yaml'));
  } catch (error) {
    return (error as Error).message;
  }
};

suite('the file of a policy', () => {
  test('the example is one, and refuses what it is there to refuse', async () => {
    const text = await readFile(new URL('../../deploy/policy.example.yaml', import.meta.url), 'utf8');
    const policy = parsePolicy(text, 'policy.example.yaml');
    const image = `registry.example/data/etl@sha256:${'0'.repeat(64)}`;
    const good = {
      metadata: { namespace: 'data-batch', labels: { team: 'sales' } },
      spec: {
        automountServiceAccountToken: false,
        activeDeadlineSeconds: 3600,
        nodeSelector: { 'node-pool': 'batch' },
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'base',
            image,
            resources: { limits: { memory: '64Gi' } },
            securityContext: { allowPrivilegeEscalation: false },
          },
        ],
      },
    };
    assert.deepEqual(policyFaults(policy, good), []);
    const bad = {
      metadata: { ...good.metadata, labels: {} },
      spec: { ...good.spec, nodeSelector: { 'node-pool': 'web' }, containers: [{ name: 'base', image: 'python:3' }] },
    };
    assert.deepEqual(
      policyFaults(policy, bad).map((fault) => fault.split(':')[0]),
      ['requireLabels', 'images', 'imageDigestsOnly', 'privilegeEscalation', 'requireNodeSelector', 'requireLimits'],
    );
  });

  test('the example takes the pods of the tutorial once they have what it demands, and names it until then', async () => {
    const policy = parsePolicy(
      await readFile(new URL('../../deploy/policy.example.yaml', import.meta.url), 'utf8'),
      '',
    );
    const about = { task: 'total', try: 1, key: KEY, deadline: 0, activeDeadlineSeconds: 3600 };
    const image = 'localhost/temporal-pods/python:1';
    // As in docs/tutorial.md.
    const spec: PodSpec = { image, command: ['python', '-c', 'print(1)'], env: { DAY: '2026-11-28' } };
    const bare = podManifest(spec, { ...about, namespace: 'default' });
    assert.deepEqual(
      policyFaults(policy, bare).map((fault) => fault.split(':')[0]),
      ['namespaces', 'requireLabels', 'images', 'imageDigestsOnly', 'requireNodeSelector', 'requireLimits'],
    );
    const page = await readFile(new URL('../../docs/policy.md', import.meta.url), 'utf8');
    assert.match(page, /needs the label `team`, the node selector `node-pool: batch` and a memory limit:/);
    const template = {
      from: "the worker's template",
      pod: { metadata: { labels: { team: 'sales' } }, spec: { nodeSelector: { 'node-pool': 'batch' } } },
    };
    const limited = { ...spec, image: `registry.example/data/python@sha256:${'0'.repeat(64)}` };
    const whole = { ...limited, resources: { limits: { memory: '64Mi' } } };
    assert.deepEqual(policyFaults(policy, podManifest(whole, { ...about, namespace: 'data-batch' }, [template])), []);
  });

  test('every rule can be written in it: the defaults, written out, are the defaults', () => {
    const finite = Object.entries(DEFAULTS).filter(([, value]) => value !== Infinity);
    const written = { ...Object.fromEntries(finite), maxRunTime: '24h', maxGrace: 300_000, maxLogBytes: '1Gi' };
    assert.deepEqual(parsePolicy(JSON.stringify(written), 'policy.json'), written);
    assert.deepEqual(parsePolicy('{}', 'policy.json'), {});
  });

  for (const [law, text, fault] of [
    ['a rule that is misspelt', 'imags: [a]', 'imags: is not a rule; did you mean images?'],
    ['a rule that nothing is like', 'quux: 1', 'quux: is not a rule'],
    ['a name where a list must be', 'images: python:3', 'images: must be a list, got "python:3"'],
    ['a number among names', 'secrets: [1]', 'secrets[0]: must be a string, got 1'],
    ['a word for a switch', 'hostNetwork: "yes"', 'hostNetwork: must be true or false, got "yes"'],
    ['nothing behind a rule', 'images:', 'images: must be a list, got null'],
    [
      'what is no number of bytes',
      'maxLogBytes: much',
      'maxLogBytes: is not a quantity (as "250m", 2, "512Mi"), got "much"',
    ],
    [
      'what is no amount',
      'resources: { cpu: { limit: lots } }',
      'resources.cpu.limit: is not a quantity (as "250m", 2, "512Mi"), got "lots"',
    ],
    ['a bound that is misspelt', 'resources: { cpu: { limits: 1 } }', 'resources.cpu.limits: is not a rule'],
    [
      'a length of time that is none',
      'maxRunTime: soon',
      'maxRunTime: is not a length of time (as "90s", "15m", "2h"), got "soon"',
    ],
    [
      'a length of time without its unit',
      'maxRunTime: 600',
      'maxRunTime: is 0.6 s; write "600s" if seconds were meant, "600ms" if not, got 600',
    ],
    [
      'a port that is none',
      'hostPorts: [http]',
      'hostPorts[0]: is neither a port nor a range as "8000-8099", got "http"',
    ],
    [
      'a relative folder',
      'hostPaths: [{ path: data }]',
      'hostPaths[0].path: is not an absolute path without "..", got "data"',
    ],
    [
      'a folder of the node inside of another',
      'hostPaths: [{ path: /data/ref, readOnly: true }, { path: /data }]',
      'hostPaths: has a folder inside of another, /data/ref: what is written into the one would choose what the other shows, got [{"path":"/data/ref","readOnly":true},{"path":"/data"}]',
    ],
    [
      'the same folder twice',
      'hostPaths: [{ path: /data, readOnly: true }, { path: /data/ }]',
      'hostPaths: has a folder inside of another, /data: what is written into the one would choose what the other shows, got [{"path":"/data","readOnly":true},{"path":"/data/"}]',
    ],
    [
      'a demand without a value',
      'requireLabels: { team: }',
      'requireLabels.team: must be a string or a list, got null',
    ],
    [
      'hostPath among the types',
      'volumeTypes: [hostPath]',
      'volumeTypes: has hostPath: name its folders in hostPaths, got ["hostPath"]',
    ],
    ['a list', '[]', 'the policy: must be an object, got []'],
  ] as const)
    test(`is refused with its name, the field and the value: ${law}`, () => {
      assert.equal(refusal(text), `policy.yaml: is not a policy for pods:\n  ${fault}`);
    });

  test('has a page that tells every rule', async () => {
    const page = await readFile(new URL('../../docs/policy.md', import.meta.url), 'utf8');
    assert.deepEqual(
      Object.keys(DEFAULTS).filter((rule) => !page.includes(`\`${rule}\``)),
      [],
    );
  });

  test('is refused when it is no YAML, or none', () => {
    assert.match(refusal('images: ['), /^policy\.yaml: is not valid YAML or JSON/);
    assert.match(refusal(''), /^policy\.yaml: holds nothing/);
  });
});
