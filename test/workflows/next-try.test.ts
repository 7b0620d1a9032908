import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PodFailureDetails, PodSpec } from '../../src/contract/index.ts';
import { allOf, anotherNode, moreMemory, bytesOf, quantityOf, times } from '../../src/workflows/next-try.ts';

const NEXT = { try: 2, pod: 2, free: false };
const killed: PodFailureDetails = { kind: 'OOMKilled', startedEver: true, exitCode: 137, node: 'node-1' };
const evicted: PodFailureDetails = { kind: 'PodDisrupted', startedEver: true, node: 'node-1' };

suite('quantities of bytes', () => {
  const rows: [quantity: string, bytes: bigint | undefined][] = [
    ['128974848', 128974848n],
    ['512Mi', 536870912n],
    ['1.5Gi', 1610612736n],
    ['1G', 1000000000n],
    ['129e6', 129000000n],
    ['1E3', 1000n],
    ['1E', 10n ** 18n],
    ['2k', 2000n],
    ['1500m', 2n],
    ['1m', 1n],
    ['.5Ki', 512n],
    ['1e-3', 1n],
    ['0', 0n],
    ['8Ei', 8n * 2n ** 60n],
    ['much', undefined],
    ['', undefined],
    ['-1Gi', undefined],
    ['1 Gi', undefined],
  ];
  for (const [quantity, bytes] of rows)
    test(`${JSON.stringify(quantity)} is ${bytes}`, () => assert.equal(bytesOf(quantity), bytes));

  test('are written in the largest unit that tells them exactly', () => {
    const written = [805306368n, 1073741824n, 1000000n, 1000001n, 2048n, 0n].map(quantityOf);
    assert.deepEqual(written, ['768Mi', '1Gi', '1M', '1000001', '2Ki', '0']);
  });

  test('grow without the errors of floats, rounded up', () => {
    assert.deepEqual([times(1000n, 1.1), times(3n, 1.5), times(2n ** 60n, 1.1)], [1100n, 5n, 1268213655067531674n]);
  });
});

suite('moreMemory', () => {
  const inTemplate = (resources: object, name = 'base'): PodSpec => ({
    template: {
      spec: {
        containers: [
          { name: 'proxy', resources: { limits: { memory: '1Gi' } } },
          { name, resources },
        ],
      },
    },
  });
  const rows: [
    law: string,
    options: Parameters<typeof moreMemory>[0],
    spec: PodSpec,
    expected: PodSpec['resources'],
  ][] = [
    ['the limit grows by half', {}, { resources: { limits: { memory: '512Mi' } } }, { limits: { memory: '768Mi' } }],
    [
      'request and limit grow, all else stays',
      { factor: 2 },
      { resources: { limits: { memory: '1Gi', cpu: '1' }, requests: { memory: '500M', cpu: '250m' } } },
      { limits: { memory: '2Gi', cpu: '1' }, requests: { memory: '1G', cpu: '250m' } },
    ],
    [
      'at most to the bound',
      { upTo: '600Mi' },
      { resources: { limits: { memory: '512Mi' }, requests: { memory: '512Mi' } } },
      { limits: { memory: '600Mi' }, requests: { memory: '600Mi' } },
    ],
    [
      'of the main container of the template',
      {},
      inTemplate({ limits: { memory: '2Gi' } }),
      { limits: { memory: '3Gi' } },
    ],
    [
      'whatever the main container is called',
      {},
      { ...inTemplate({ limits: { memory: '2Gi' } }, 'etl'), mainContainer: 'etl' },
      { limits: { memory: '3Gi' } },
    ],
    [
      'a field says more than the template',
      { factor: 2 },
      {
        ...inTemplate({ limits: { memory: '2Gi' }, requests: { memory: '1Gi' } }),
        resources: { limits: { memory: '4Gi' } },
      },
      { limits: { memory: '8Gi' }, requests: { memory: '2Gi' } },
    ],
  ];
  for (const [law, options, spec, expected] of rows)
    test(law, () => {
      const changed = moreMemory(options)(killed, spec, NEXT) as PodSpec;
      assert.deepEqual(changed.resources, expected);
      assert.deepEqual(changed.template, spec.template);
    });

  const limited: PodSpec = { resources: { limits: { memory: '1Gi' } } };
  test('changes nothing without a limit, after another ending, or when a sidecar was killed', () => {
    assert.equal(moreMemory()(killed, { resources: { requests: { memory: '1Gi' } } }, NEXT), undefined);
    assert.equal(moreMemory()(evicted, limited, NEXT), undefined);
    assert.equal(moreMemory()({ ...killed, container: 'proxy' }, limited, NEXT), undefined);
  });

  test('stops where the bound has been reached: the same memory would be too little again', () => {
    assert.equal(moreMemory({ upTo: '1Gi' })(killed, limited, NEXT), 'stop');
  });

  test('names what it cannot read', () => {
    assert.throws(() => moreMemory({ upTo: 'much' }), /upTo: is not a quantity .* got "much"/);
    assert.throws(() => moreMemory({ factor: 1 }), /factor: must be a number above 1, got 1/);
    assert.throws(() => moreMemory({ factor: NaN }), /factor/);
  });
});

suite('anotherNode', () => {
  const notOn = (...nodes: string[]) =>
    nodes.map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
  const requiredOf = (spec: PodSpec | 'stop' | undefined) =>
    (spec as PodSpec).template?.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;

  test('keeps off the node where it failed', () => {
    assert.deepEqual(requiredOf(anotherNode()(evicted, {}, NEXT)), {
      nodeSelectorTerms: [{ matchFields: notOn('node-1') }],
    });
  });

  test('keeps off all of them, one after the other, each said once', () => {
    let spec: PodSpec = {};
    for (const node of ['node-1', 'node-2', 'node-1'])
      spec = anotherNode()({ ...evicted, node }, spec, NEXT) as PodSpec;
    assert.deepEqual(requiredOf(spec), { nodeSelectorTerms: [{ matchFields: notOn('node-1', 'node-2') }] });
  });

  test('keeps the author’s affinity: each alternative, and everything else of the template', () => {
    const arm = { matchExpressions: [{ key: 'arch', operator: 'In', values: ['arm64'] }] };
    const gpu = { matchExpressions: [{ key: 'gpu', operator: 'Exists' }] };
    const podAntiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
    const template = {
      metadata: { labels: { team: 'sales' } },
      spec: {
        hostname: 'h',
        affinity: {
          podAntiAffinity,
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [arm, gpu] } },
        },
      },
    };
    const changed = anotherNode()(evicted, { image: 'etl:3', template }, NEXT) as PodSpec;
    assert.deepEqual(requiredOf(changed), {
      nodeSelectorTerms: [
        { ...arm, matchFields: notOn('node-1') },
        { ...gpu, matchFields: notOn('node-1') },
      ],
    });
    assert.equal(changed.image, 'etl:3');
    assert.deepEqual(changed.template?.metadata, template.metadata);
    assert.equal(changed.template?.spec?.hostname, 'h');
    assert.deepEqual(changed.template?.spec?.affinity?.podAntiAffinity, podAntiAffinity);
  });

  test('changes nothing for a pod without a node, or after an ending that is not the node’s fault, unless told so', () => {
    const { node: _node, ...nowhere } = evicted;
    assert.equal(anotherNode()(nowhere, {}, NEXT), undefined);
    assert.equal(anotherNode()(killed, {}, NEXT), undefined);
    assert.ok(requiredOf(anotherNode({ after: ['OOMKilled'] })(killed, {}, NEXT)));
  });
});

suite('allOf', () => {
  const both = allOf(moreMemory({ upTo: '2Gi' }), anotherNode({ after: ['OOMKilled'] }));

  test('each goes on with what the one before made of it', () => {
    const changed = both(killed, { resources: { limits: { memory: '1Gi' } } }, NEXT) as PodSpec;
    assert.equal(changed.resources?.limits?.['memory'], '1536Mi');
    assert.ok(changed.template?.spec?.affinity);
  });

  test('stop is the last word, and nothing from all of them is nothing', () => {
    assert.equal(both(killed, { resources: { limits: { memory: '2Gi' } } }, NEXT), 'stop');
    assert.equal(both({ kind: 'ContainerFailed', startedEver: true }, {}, NEXT), undefined);
  });
});
