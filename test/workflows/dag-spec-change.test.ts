/** A change that is laid over a spec. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addChange, changeSpec } from '../../src/workflows/dag/controls.ts';

const SPEC = {
  image: 'etl:3',
  args: ['orders', '2026-11-22'],
  env: { DAY: '2026-11-22', MODE: 'fast' },
  resources: { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } },
};

describe('a changed spec', () => {
  const CASES: [law: string, change: Record<string, unknown>, differs: object][] = [
    ['has a field of the change in one piece', { args: ['all'] }, { args: ['all'] }],
    ['has fields that it did not have', { grace: '5m' }, { grace: '5m' }],
    ['keeps what env does not name', { env: { MODE: 'safe' } }, { env: { DAY: '2026-11-22', MODE: 'safe' } }],
    [
      'keeps the quantities that resources do not name',
      { resources: { limits: { memory: '2Gi' } } },
      { resources: { requests: { cpu: '1' }, limits: { cpu: '2', memory: '2Gi' } } },
    ],
    ['has timeouts of the change, when it had none', { timeouts: { run: '1h' } }, { timeouts: { run: '1h' } }],
    [
      'keeps null within env, where it means a variable that the pod shall not have',
      { env: { MODE: null } },
      { env: { DAY: '2026-11-22', MODE: null } },
    ],
    ['has what is wrong as it is: the activity refuses it by name', { env: 'MODE=safe' }, { env: 'MODE=safe' }],
  ];
  for (const [law, change, differs] of CASES) {
    it(law, () => assert.deepEqual(changeSpec(SPEC, change), { ...SPEC, ...differs }));
  }

  it('has no field for which the change says null', () => {
    const { args, ...rest } = SPEC;
    assert.deepEqual([changeSpec(SPEC, { args: null }), args.length], [rest, 2]);
  });

  it('is another object: the spec belongs to the author', () => {
    const before = structuredClone(SPEC);
    changeSpec(SPEC, { env: { MODE: 'safe' }, resources: { limits: { memory: '2Gi' } }, image: null });
    assert.deepEqual(SPEC, before);
  });
});

it('one change over another is both, one after the other', () => {
  const env = fc.dictionary(fc.constantFrom('A', 'B'), fc.constantFrom('1', '2', null), { noNullPrototype: true });
  const change = fc.record(
    { image: fc.constantFrom('a', 'b', null), env, resources: fc.record({ limits: env }, { requiredKeys: [] }) },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(change, change, (first, second) => {
      assert.deepEqual(changeSpec(SPEC, addChange(first, second)), changeSpec(changeSpec(SPEC, first), second));
    }),
  );
});
