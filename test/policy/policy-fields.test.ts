/** A new client-node brings new fields of Kubernetes: these fail until somebody has decided what each may do. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as kubernetes from '@kubernetes/client-node';
import { policyFaults } from '../../src/policy/index.ts';
import { KNOWN } from '../../src/policy/known-fields.ts';
import { DEFAULTS } from '../../src/policy/rules.ts';

interface Model {
  getAttributeTypeMap(): { name: string; baseName: string; type: string }[];
}
const models = kubernetes as unknown as Record<string, Model | undefined>;

const fieldsOf = (model: string) => models[model]?.getAttributeTypeMap() ?? assert.fail(`no ${model}`);

const MODELS: Record<keyof typeof KNOWN, string> = {
  podSpec: 'V1PodSpec',
  container: 'V1Container',
  podSecurityContext: 'V1PodSecurityContext',
  securityContext: 'V1SecurityContext',
  windowsOptions: 'V1WindowsSecurityContextOptions',
  claim: 'V1PersistentVolumeClaimSpec',
  volume: 'V1Volume',
  projection: 'V1VolumeProjection',
  envSource: 'V1EnvVarSource',
  envFrom: 'V1EnvFromSource',
  probe: 'V1Probe',
  lifecycle: 'V1Lifecycle',
  handler: 'V1LifecycleHandler',
};

suite('the fields that a policy knows', () => {
  for (const [known, model] of Object.entries(MODELS))
    test(`are those of ${model}`, () => {
      const fields = fieldsOf(model).map(({ baseName }) => baseName);
      assert.deepEqual([...KNOWN[known as keyof typeof KNOWN]].sort(), fields.sort());
    });

  test('a type of volume that is in no list is refused', () => {
    const other = KNOWN.volume.filter((type) => !['name', 'hostPath', ...DEFAULTS.volumeTypes].includes(type));
    assert.ok(other.length > 10);
    for (const type of other) {
      const volumes = [{ name: 'v', [type]: {} }];
      const spec = { automountServiceAccountToken: false, containers: [], volumes };
      assert.match(policyFaults({}, { spec }).join(), new RegExp(`^volumeTypes: spec.volumes\\[v\\] "${type}"`));
    }
  });

  test('a Secret is found wherever a type of Kubernetes lets a pod name one', () => {
    // Everything below a pod's spec; what begins an object of its own (a claim's metadata) names no Secret.
    const places: [path: string[], type: string][] = [];
    const visit = (model: string, path: string[], above: string[]) => {
      for (const { baseName, type } of fieldsOf(model)) {
        const [, inner = type] = /^Array<(.+)>$/.exec(type) ?? [];
        const next = [...path, type === inner ? baseName : `${baseName}[]`];
        if (/[sS]ecret/.test(baseName) && !/^(secretFile)$/.test(baseName)) places.push([next, inner]);
        if (models[inner]?.getAttributeTypeMap && !above.includes(inner)) visit(inner, next, [...above, inner]);
      }
    };
    visit('V1PodSpec', [], []);
    assert.ok(places.length >= 19);
    for (const [path, type] of places) {
      const field = type === 'string' ? undefined : fieldsOf(type).find(({ name }) => /^(name|secretName)$/.test(name));
      const leaf = field ? { [field.name]: 'x' } : 'x';
      const spec = path.reduceRight<unknown>((inner, step) => {
        const [, key = step] = /^(.+)\[\]$/.exec(step) ?? [];
        return { [key]: key === step ? inner : [inner] };
      }, leaf);
      const faults = policyFaults({ secrets: [] }, { spec } as kubernetes.V1Pod);
      assert.ok(
        faults.some((fault) => fault.startsWith('secrets: ') && fault.includes('"x"')),
        path.join('.'),
      );
    }
  });
});
