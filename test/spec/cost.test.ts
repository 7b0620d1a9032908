/**
 * A worker has one thread for all of its pods, so no spec may hold it up. Each shape is as large as the door lets it be, or larger, and
 * is measured against an honest spec on the same way, in the same run.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../../src/contract/index.ts';
import { podManifest } from '../../src/pod/manifest.ts';
import { policyFaults, type Policy } from '../../src/policy/index.ts';
import { manifestFaults } from '../../src/spec/against-manifest.ts';
import { specFaults } from '../../src/spec/index.ts';
import { KEY } from '../activities/support.ts';
import { cpuOf } from '../support/cpu.ts';

const list = <T>(count: number, item: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => item(n));
const map = (count: number, entry: (n: number) => [string, unknown]) => Object.fromEntries(list(count, entry));
const template = (spec: object) => ({ template: { spec } });
const schema = (schema: object) => ({ result: { from: 'log', schema } });
const nested = (depth: number, value: unknown): unknown => (depth > 0 ? { a: nested(depth - 1, value) } : value);

const SHAPES: Record<string, object> = {
  'an unknown key of 200,000 characters': { ['k'.repeat(200_000)]: 1 },
  'the same in a template': template({ ['k'.repeat(200_000)]: 1 }),
  '4,500 unknown keys': map(4_500, (n) => [`volumeMount${n}`, 1]),
  '15,000 unknown keys': map(15_000, (n) => [`volumeMount${n}`, 1]),
  '4,500 unknown keys in a template': template(map(4_500, (n) => [`terminat${n}`, 1])),
  'an unknown key in each of 1,500 volumes': { volumes: list(1_500, () => ({ name: 'a', nam: 1 })) },
  '4,500 arguments that are numbers': { args: list(4_500, () => 1) },
  '130,000 arguments that are numbers': { args: list(130_000, () => 1) },
  '700,000 empty arguments': { args: list(700_000, () => '') },
  '4,500 variables': { env: map(4_500, (n) => [`A${n}`, 'x']) },
  '4,500 labels': { labels: map(4_500, (n) => [`l${n}`, 'x']) },
  '4,500 labels that are none': { labels: map(4_500, (n) => [`-${n}`, '-']) },
  '1,600 volumes': { volumes: list(1_600, (n) => ({ name: `v${n}`, emptyDir: {} })) },
  '700 folders of the node, and as many mounts': {
    volumes: list(700, (n) => ({ name: `v${n}`, hostPath: { path: '/data' } })),
    volumeMounts: list(700, (n) => ({ name: `v${n}`, mountPath: `/${n}` })),
  },
  '800 mounts of what is none of 800 volumes': {
    volumes: list(800, (n) => ({ name: `v${n}`, emptyDir: {} })),
    volumeMounts: list(800, (n) => ({ name: 'other', mountPath: `/${n}` })),
  },
  '1,600 containers': template({ containers: list(1_600, (n) => ({ name: `i${n}`, image: 'x' })) }),
  '1,500 logs of what is none of 1,000 containers': {
    logs: { containers: list(1_500, (n) => `c${n}`) },
    ...template({ initContainers: list(1_000, (n) => ({ name: `i${n}`, image: 'x' })) }),
  },
  '1,600 containers of one name': template({ containers: list(1_600, () => ({ name: 'a', image: 'x' })) }),
  '4,500 tolerations that are numbers': template({ tolerations: list(4_500, () => 1) }),
  '4,500 values below fifty others': {
    annotations: nested(
      50,
      list(4_500, () => 1),
    ),
  },
  '4,500 limits': { resources: { limits: map(4_500, (n) => [`a.b/c${n}`, '1']) } },
  'a limit of 200,000 digits': { resources: { limits: { cpu: '1'.repeat(200_000) } } },
  'a path of 100,000 folders': { result: { from: 'file', path: '/a'.repeat(100_000) } },
  'a template file in 100,000 folders': { templateFile: `${'a/'.repeat(100_000)}a.yaml` },
  'a name of 120,000 parts': { serviceAccount: 'a.'.repeat(120_000) },
  'a schema of 4,500 unknown keywords': schema(map(4_500, (n) => [`propertie${n}`, 1])),
  'a schema with a keyword of 200,000 characters': schema({ ['k'.repeat(200_000)]: 1 }),
  'a schema whose 1,500 parts name one another': schema({
    $defs: map(1_500, (n) => [`d${n}`, { $ref: `#/$defs/d${n + 1}` }]),
  }),
  'a schema with a reference of 100,000 steps': schema({ $ref: `#${'/a'.repeat(100_000)}` }),
};

const POLICY: Policy = { images: ['y*'], secrets: [], labels: [], hostPaths: [], resources: { cpu: { limit: 1 } } };

/** All the way to what would be sent, or until it is refused. */
function judged(fields: object): string[] {
  const spec = { image: 'x', ...fields };
  const faults = specFaults(spec);
  return faults.length > 0 ? faults : laterFaults(spec);
}

function laterFaults(spec: PodSpec): string[] {
  const manifest = manifestOf(spec);
  return [...manifestFaults(spec, manifest), ...policyFaults(POLICY, manifest)];
}

const manifestOf = (spec: PodSpec): V1Pod =>
  podManifest(spec, { namespace: 'n', task: 't', try: 1, key: KEY, deadline: 0, activeDeadlineSeconds: 60 });

suite('no spec holds up the worker', () => {
  const honest = cpuOf(() => judged({ env: map(2_000, (n) => [`A${n}`, 'x']) }));

  for (const [what, fields] of Object.entries(SHAPES))
    test(`${what}: at most five times the work of 2,000 variables, and twenty faults a judge, none of them long`, () => {
      let faults: string[] = [];
      const cost = cpuOf(() => (faults = judged(fields)), 1);
      assert.ok(cost < 5 * honest, `${Math.round(cost / honest)} times`);
      assert.ok(faults.length > 0 && faults.length <= 42, `${faults.length} faults`);
      for (const fault of faults) assert.ok(fault.length < 1_100, `a line of ${fault.length} characters`);
    });
});

suite('of many faults', () => {
  const spec = (count: number) => ({ image: 'x', ...map(count, (n) => [`x${n}`, 1]) });

  test('twenty are told', () => assert.equal(specFaults(spec(20)).length, 20));

  test('and then only that there are more', () => {
    const faults = specFaults(spec(21));
    assert.equal(faults.length, 21);
    assert.equal(faults.at(-1), 'and more: these are the first 20');
  });
});
