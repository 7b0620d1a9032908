import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { schemaFaults, schemaProblems } from '../../src/json-schema/schema.ts';

/** Schema, what fits it, what does not. */
const LAWS: [name: string, schema: Record<string, unknown>, good: unknown[], bad: unknown[]][] = [
  ['type', { type: 'integer' }, [1, 1.0, -3], [1.5, '1', null, true, [], {}]],
  ['several types', { type: ['string', 'null'] }, ['', null], [0, {}]],
  ['an object is no array, null is neither', { type: 'object' }, [{}], [[], null]],
  ['enum, by value', { enum: [1, { a: [2] }] }, [1, { a: [2] }], [2, { a: [3] }, '1']],
  ['const, by value', { const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [{ a: 1 }]],
  ['bounds, both kinds', { minimum: 1, exclusiveMaximum: 3 }, [1, 2.9, 'text'], [0.9, 3]],
  ['the other two bounds', { maximum: 1, exclusiveMinimum: -1 }, [1, 0], [1.1, -1]],
  ['multipleOf, with fractions', { multipleOf: 0.1 }, [0.3, 7], [0.35]],
  ['lengths count characters, not code units', { maxLength: 1, minLength: 1 }, ['😀', 5], ['', 'ab']],
  ['pattern, anywhere in the text', { pattern: 'b+' }, ['abc', 4], ['ac']],
  ['items', { items: { type: 'number' }, minItems: 1, maxItems: 2 }, [[1], [1, 2], 'text'], [[], [1, 2, 3], ['1']]],
  ['prefixItems and the rest', { prefixItems: [{ type: 'string' }], items: false }, [['a'], []], [['a', 1], [1]]],
  [
    'a tuple of draft 7',
    { items: [{ type: 'string' }], additionalItems: { type: 'number' } },
    [['a', 1]],
    [['a', 'b']],
  ],
  [
    'uniqueItems, by value',
    { uniqueItems: true },
    [[1, '1', { a: 1 }]],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  ['contains', { contains: { type: 'null' }, maxContains: 1 }, [[1, null]], [[1], [null, null]]],
  ['contains nothing', { contains: { type: 'null' }, minContains: 0, maxContains: 0 }, [[1]], [[null]]],
  ['required keys that are not in properties', { required: ['a'] }, [{ a: null }, 'text'], [{}]],
  ['properties without a type', { properties: { a: { type: 'number' } } }, [{ a: 1 }, {}, 7], [{ a: 'x' }]],
  [
    'additionalProperties beside properties and patterns',
    { properties: { a: {} }, patternProperties: { '^x-': { type: 'number' } }, additionalProperties: false },
    [{ a: 1, 'x-b': 2 }],
    [{ b: 1 }, { 'x-b': 'no' }],
  ],
  ['counts of keys', { minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [{}, { a: 1, b: 2 }]],
  ['propertyNames', { propertyNames: { pattern: '^a' } }, [{ ab: 1 }], [{ b: 1 }]],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{ b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
  ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, [{ a: 1, b: 1 }], [{ a: 1 }]],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1], [0, 3]],
  ['anyOf', { anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 5], [4]],
  ['oneOf', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, [1.5], [1, 'a']],
  ['not', { not: { type: 'null' } }, [0], [null]],
  ['if, then, else', { if: { type: 'string' }, then: { minLength: 2 }, else: { minimum: 2 } }, ['ab', 2], ['a', 1]],
  ['true and false as schemas', { properties: { a: true, b: false } }, [{ a: 1 }], [{ b: 1 }]],
  [
    '$ref, with rules beside it',
    { $ref: '#/$defs/count', maximum: 5, $defs: { count: { type: 'integer' } } },
    [5],
    [6, 'a'],
  ],
  [
    '$ref to itself: a tree',
    { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
    [{ next: { next: {} } }],
    [{ next: { nxt: {} } }],
  ],
  ['keys that objects have by birth', { required: ['toString'] }, [{ toString: 1 }], [{}]],
];

suite('a value against a JSON Schema', () => {
  for (const [name, schema, good, bad] of LAWS)
    test(name, () => {
      assert.deepEqual(schemaProblems(schema), []);
      for (const value of good) assert.deepEqual(schemaFaults(schema, value), [], JSON.stringify(value));
      for (const value of bad) assert.notDeepEqual(schemaFaults(schema, value), [], JSON.stringify(value));
    });

  test('a fault names path, wish and value; five are told', () => {
    const schema = {
      type: 'object',
      properties: { rows: { type: 'array', items: { type: 'number' } } },
      required: ['day'],
    };
    assert.deepEqual(schemaFaults(schema, { rows: [1, 'two', 'x'.repeat(100)] }), [
      'rows[1]: must be of type number, got "two"',
      `rows[2]: must be of type number, got "${'x'.repeat(76)}...`,
      'day: must be there, got nothing',
    ]);
    assert.equal(schemaFaults({ items: { type: 'number' } }, Array(9).fill('a')).length, 5);
    assert.deepEqual(schemaFaults({ type: 'number' }, 'a'), ['the value: must be of type number, got "a"']);
  });

  test('a hundred thousand items are compared in no time worth speaking of', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => index);
    assert.deepEqual(schemaFaults({ uniqueItems: true }, many), []);
  });

  test('what a schema library writes can be used', () => {
    const day = z.object({
      day: z.iso.date(),
      rows: z.array(z.object({ id: z.uuid(), kind: z.enum(['a', 'b']), note: z.string().nullable().optional() })),
      by: z.record(z.string(), z.int().min(0)),
      what: z.discriminatedUnion('t', [
        z.object({ t: z.literal('x') }),
        z.strictObject({ t: z.literal('y'), n: z.number() }),
      ]),
      pair: z.tuple([z.string(), z.number()]),
    });
    const schema = z.toJSONSchema(day, { target: 'draft-2020-12' }) as Record<string, unknown>;
    assert.deepEqual(schemaProblems(schema), []);
    const good = {
      day: '2026-11-22',
      rows: [{ id: '7f1b8f0e-8a54-4a7e-9d3b-0d6a5d1f2c3b', kind: 'a', note: null }],
      by: { x: 1 },
      what: { t: 'y', n: 1 },
      pair: ['a', 1],
    };
    assert.deepEqual(schemaFaults(schema, good), []);
    assert.match(schemaFaults(schema, { ...good, day: 'yesterday' }).join(), /^day: must match/);
    assert.match(schemaFaults(schema, { ...good, by: { x: -1 } }).join(), /^by\.x: must be at least 0, got -1/);
  });
});

suite('a schema that cannot be used is told by path', () => {
  const cases: [schema: unknown, problem: RegExp][] = [
    [7, /^result\.schema: must be a JSON Schema, got 7/],
    [{ requred: ['a'] }, /^result\.schema\.requred: is not a keyword that is checked here/],
    [{ type: 'strin' }, /^result\.schema\.type: must be of string, .*got "strin"/],
    [
      { properties: { a: { pattern: '(' } } },
      /^result\.schema\.properties\.a\.pattern: must be a regular expression, got "\("/,
    ],
    [{ patternProperties: { '(': {} } }, /^result\.schema\.patternProperties: has a key that is no regular expression/],
    [{ $ref: 'https://elsewhere/schema' }, /\.\$ref: must name a part of this schema/],
    [{ $ref: '#/$defs/none' }, /\.\$ref: must name a part/],
    [{ $ref: '#/%' }, /\.\$ref: must name a part of this schema \(#\/…\), got "#\/%"/],
    [{ unevaluatedProperties: false }, /unevaluatedProperties: is not a keyword/],
    [{ minLength: -1 }, /minLength: must be a whole number/],
    [{ minimum: '3' }, /minimum: must be a number/],
    [{ multipleOf: 0 }, /multipleOf: must be more than 0/],
    [{ enum: 'a' }, /enum: must be a list/],
    [{ required: 'a' }, /required: must be a list of keys/],
    [{ uniqueItems: 'yes' }, /uniqueItems: must be true or false/],
    [{ anyOf: {} }, /anyOf: must be a list of schemas/],
    [{ anyOf: [{ type: 'x' }] }, /anyOf\[0\]\.type: must be of/],
    [{ properties: [] }, /properties: must be schemas by key/],
    [{ dependentRequired: { a: 'b' } }, /dependentRequired: must be lists of keys/],
    [{ items: 3 }, /items: must be a JSON Schema, got 3/],
    [{ toString: 1 }, /toString: is not a keyword/],
  ];
  for (const [schema, problem] of cases)
    test(JSON.stringify(schema), () => assert.match(schemaProblems(schema).join('\n'), problem));
});
