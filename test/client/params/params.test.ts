/** What is typed behind a workflow's name, and what the workflow gets: types, defaults and faults are its schema's. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { workflowArguments } from '../../../src/client/params/workflow-arguments.ts';
import { workflowHelp } from '../../../src/client/params/help.ts';
import { Problem } from '../../../src/common/problem.ts';

const Limits = z.object({ memory: z.string().default('1Gi'), cpu: z.number().optional() });
const params = z
  .object({
    day: z.iso.date().describe('The day to load'),
    retries: z.int().min(0).max(9).default(2).describe('Tries after the first'),
    regions: z.array(z.string()).default([]),
    codes: z.array(z.int()).optional(),
    mode: z.enum(['full', 'delta']).default('full'),
    level: z.literal([1, 2]).optional(),
    dry: z.boolean().default(false),
    limits: Limits.optional(),
    labels: z.record(z.string(), z.string()).optional(),
    note: z.union([z.string(), z.number(), z.null()]).optional(),
    steps: z.array(z.object({ name: z.string(), wait: z.number().default(5) })).optional(),
    any: z.unknown().optional(),
    length: z
      .string()
      .transform((text) => text.length)
      .optional(),
  })
  .describe('Loads one day.');

const DAY = { day: '2026-11-01' };
const DEFAULTS = { ...DAY, retries: 2, regions: [], mode: 'full', dry: false };
const read = (texts: string[], stdin?: string) =>
  workflowArguments({ name: 'nightly', params }, texts, () => stdin ?? assert.fail('standard input was read'));

suite('parameters', () => {
  const good: [law: string, texts: string[], gets: object, stdin?: string][] = [
    ['defaults are filled in', ['day=2026-11-01'], {}],
    ['a whole number', ['day=2026-11-01', 'retries=3'], { retries: 3 }],
    ['a list, by commas', ['day=2026-11-01', 'regions=eu, us'], { regions: ['eu', 'us'] }],
    ['a list, key by key', ['day=2026-11-01', 'regions=eu', 'regions=us,asia'], { regions: ['eu', 'us', 'asia'] }],
    ['a list as JSON, with commas in it', ['day=2026-11-01', 'regions=["a,b"]'], { regions: ['a,b'] }],
    ['an empty list', ['day=2026-11-01', 'regions='], { regions: [] }],
    ['a list of numbers', ['day=2026-11-01', 'codes=1,2'], { codes: [1, 2] }],
    [
      'one of some words, and of some numbers',
      ['day=2026-11-01', 'mode=delta', 'level=2'],
      { mode: 'delta', level: 2 },
    ],
    ['true or false', ['day=2026-11-01', 'dry=true'], { dry: true }],
    [
      'a part of an object, whose other defaults are filled in too',
      ['day=2026-11-01', 'limits.cpu=0.5'],
      { limits: { cpu: 0.5, memory: '1Gi' } },
    ],
    ['a key of a record', ['day=2026-11-01', 'labels.team=3'], { labels: { team: '3' } }],
    ['of several types the one that fits, text at last', ['day=2026-11-01', 'note=7'], { note: 7 }],
    ['null where it may be', ['day=2026-11-01', 'note=null'], { note: null }],
    ['a text that looks like a number is a text', ['day=2026-11-01', 'limits.memory=1'], { limits: { memory: '1' } }],
    ['anything is JSON if it can be', ['day=2026-11-01', 'any={"a":1}'], { any: { a: 1 } }],
    ['and else a text', ['day=2026-11-01', 'any=a=b'], { any: 'a=b' }],
    ['defaults inside of lists', ['{"day":"2026-11-01","steps":[{"name":"a"}]}'], { steps: [{ name: 'a', wait: 5 }] }],
    ['a transform is left to the workflow', ['day=2026-11-01', 'length=abc'], { length: 'abc' }],
    [
      'a whole document, and single keys on top, in whatever order',
      ['retries=1', 'limits.cpu=2', '-'],
      { retries: 1, limits: { memory: '2Gi', cpu: 2 } },
      'day: 2026-11-01\nretries: 7\nlimits: {memory: 2Gi, cpu: 1}',
    ],
    [
      'a later document replaces keys of an earlier one',
      ['{"day":"x","retries":1}', '{"day":"2026-11-01"}'],
      { retries: 1 },
    ],
  ];
  for (const [law, texts, gets, stdin] of good)
    test(law, () => assert.deepEqual(read(texts, stdin), [{ ...DEFAULTS, ...gets }]));

  const bad: [law: string, texts: string[], faults: string[]][] = [
    ['what is missing', [], ['day: must be a string, got nothing']],
    [
      'every fault is on its own line',
      ['day=1.11.26', 'retries=many', 'mode=half', 'dry=yes', 'codes=1,x'],
      [
        'day: is not a valid ISO date, got "1.11.26"',
        'retries: must be a number, got "many"',
        'codes[1]: must be a number, got "x"',
        'mode: must be "full" or "delta", got "half"',
        'dry: must be true or false, got "yes"',
      ],
    ],
    ['a bound', ['day=2026-11-01', 'retries=10'], ['retries: must be <=9, got 10']],
    [
      'an unknown one, and which was meant',
      ['day=2026-11-01', 'retrys=1'],
      ["retrys: there is no such parameter, got 1; did you mean 'retries'?"],
    ],
    [
      'also inside of an object, where zod itself would let it pass',
      ['day=2026-11-01', 'limits.mem=2Gi'],
      ['limits.mem: there is no such parameter, got "2Gi"; there are: memory, cpu'],
    ],
    ['a value twice', ['day=2026-11-01', 'day=2026-11-02'], ['day: is given 2 times, got ["2026-11-01","2026-11-02"]']],
    [
      'a part of what has none',
      ['day=2026-11-01', '{"regions":["x"]}', 'regions.a=1'],
      ['regions.a: is no part of an object, got 1'],
    ],
    ['a document that is no object', ['day=2026-11-01', '5'], ['argument 2: must be an object of parameters, got 5']],
    ['a union', ['day=2026-11-01', '{"note":true}'], ['note: must be a string or a number or null, got true']],
    ['a list that is broken', ['day=2026-11-01', 'regions=[a'], ['regions: must be a list, got "[a"']],
  ];
  for (const [law, texts, faults] of bad)
    test(`a fault: ${law}`, () =>
      assert.throws(
        () => read(texts),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.exitCode, 2);
          const [title, ...lines] = error.message.split('\n');
          assert.equal(title, "the parameters of 'nightly' are not valid, nothing was started:");
          assert.deepEqual(
            lines.slice(0, -1).map((line) => line.trim()),
            faults,
          );
          return true;
        },
      ));

  test('a schema that takes more than it names takes it', () => {
    const loose = { name: 'loose', params: z.looseObject({ a: z.number().optional() }) };
    assert.deepEqual(workflowArguments(loose, ['a=1', 'b.c=2']), [{ a: 1, b: { c: 2 } }]);
  });

  test('a check that cannot be made is told, and not thrown', () => {
    const asynchronous = z.object({ a: z.string().refine(async () => true) });
    assert.throws(
      () => workflowArguments({ name: 'x', params: asynchronous }, ['a=1']),
      /the parameters: cannot be checked: /,
    );
  });

  test('a key of the language is only a key', () => {
    const [value] = workflowArguments({ name: 'loose', params: z.looseObject({}) }, ['__proto__.x=1', 'a=1']);
    assert.deepEqual(Object.keys(value as object), ['__proto__', 'a']);
    assert.equal(({} as { x?: unknown }).x, undefined);
  });

  test('without a schema: values by position, or one object of single keys', () => {
    const plain = { name: 'plain' };
    assert.deepEqual(workflowArguments(plain, ['1', '"a"']), [1, 'a']);
    assert.deepEqual(workflowArguments(plain, ['a.b=1', 'c=x']), [{ a: { b: 1 }, c: 'x' }]);
    assert.deepEqual(workflowArguments(plain, ['{"a":{"b":1}}', 'a.c=2']), [{ a: { b: 1, c: 2 } }]);
    assert.deepEqual(workflowArguments(plain, []), []);
    assert.throws(() => workflowArguments(plain, ['1', 'a=2']), /key=value goes with one object, or alone/);
  });
});

suite('the help of a workflow', () => {
  test('tells each parameter with type, default and description, and a call that works', () => {
    const text = workflowHelp({ name: 'nightly', params, description: params.description });
    const rows = text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '));
    assert.equal(rows[0], 'nightly: Loads one day.');
    for (const row of [
      'day date (YYYY-MM-DD), required',
      'The day to load',
      'retries whole number from 0 to 9, default 2',
      'regions list of text, default []',
      'mode full | delta, default "full"',
      'level 1 | 2, optional',
      'dry true | false, default false',
      'limits.memory text, default "1Gi"',
      'limits.cpu number, optional',
      'labels object of text, optional',
      'note text or number or null, optional',
      'any anything, optional',
    ])
      assert.ok(rows.includes(row), `${row}\nis not in\n${text}`);
    const [, call = ''] = /Example:\n {2}(.*)\n/.exec(text) ?? [];
    assert.match(call, / run nightly day=2026-11-01$/);
    assert.deepEqual(read(call.split(' run nightly ')[1]!.split(' ')), [DEFAULTS]);
  });

  test('says when there is no schema', () => {
    assert.match(workflowHelp({ name: 'plain' }), /^plain\n\nIts arguments have no schema/);
  });
});
