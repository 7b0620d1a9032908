import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { schemaOf } from '../../../src/client/params/json-schema.ts';
import { withSamples } from '../../../src/client/params/fill.ts';

const params = z.object({
  name: z.string(),
  days: z.int().min(3).max(9),
  share: z.number().max(0.5),
  kind: z.enum(['full', 'part']),
  dry: z.boolean(),
  day: z.iso.date(),
  at: z.iso.datetime(),
  id: z.uuid(),
  limits: z.object({ memory: z.string(), cpu: z.number().optional() }),
  regions: z.array(z.object({ code: z.string() })),
  later: z.string().optional(),
  image: z.string().default('x'),
  anything: z.unknown(),
  either: z.union([z.literal('now'), z.iso.date()]),
});

suite('samples for parameters that are missing', () => {
  const made = withSamples(schemaOf(params), {});

  test('are accepted', () => {
    assert.deepEqual(params.safeParse(made).error?.issues, undefined);
  });

  test('are named, and only what must be there is made up', () => {
    const { name, days, share, kind, limits, regions, either, ...rest } = made as Record<string, unknown>;
    assert.deepEqual(
      { name, days, share, kind, limits, regions, either },
      {
        name: '<name>',
        days: 3,
        share: 0.5,
        kind: 'full',
        limits: { memory: '<limits.memory>' },
        regions: [{ code: '<regions[].code>' }],
        either: 'now',
      },
    );
    assert.ok(!('later' in rest) && !('image' in rest));
  });

  test('change nothing that was given', () => {
    const given = { name: 'x', limits: { memory: '1Gi' }, regions: [] };
    const all = withSamples(schemaOf(params), given);
    assert.deepEqual({ ...(all as object), ...given }, all);
  });
});
