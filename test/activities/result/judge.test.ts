import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ResultSource } from '../../../src/contract/index.ts';
import { trouble, type Found } from '../../../src/activities/result/found.ts';
import { isRequired, judge } from '../../../src/activities/result/judge.ts';
import { MAX_RESULT_BYTES } from '../../../src/contract/defaults.ts';

const LOG: ResultSource = { from: 'log' };
const text = (value: string): Found => ({ found: 'text', text: value });
const nothing: Found = { found: 'nothing', where: 'there is no file /out/r.json' };
const valueOf = async (found: Found, source: ResultSource = LOG) => {
  const judged = await judge(found, source);
  assert.ok('value' in judged, JSON.stringify(judged).slice(0, 300));
  return judged.value;
};
const troubleOf = async (found: Found, source: ResultSource = LOG) => {
  const judged = await judge(found, source);
  assert.ok('trouble' in judged, JSON.stringify(judged).slice(0, 300));
  return judged.trouble;
};

suite('a result that was found', () => {
  test('is any JSON value, blanks around it allowed', async () => {
    for (const value of [null, '', 0, false, [], {}, 'é😀', { a: [1, { b: null }] }]) {
      assert.deepEqual(await valueOf(text(JSON.stringify(value))), value);
      assert.deepEqual(await valueOf(text(` \n${JSON.stringify(value)}\n`)), value);
    }
  });

  test('with a whole number that JavaScript would round is invalid, wherever it stands', async () => {
    for (const json of [
      '9007199254740993',
      '{"id": 3544790567247868102}',
      '[[-12345678901234567890]]',
      '{"a":"x","b":{"c":[99999999999999999]}}',
    ]) {
      const { kind, message } = await troubleOf(text(json));
      assert.equal(kind, 'ResultInvalid', json);
      assert.match(
        message,
        /number (9007199254740993|3544790567247868102|-12345678901234567890|99999999999999999), which JavaScript would round: write it as text/,
      );
    }
  });

  test('with a large number that JavaScript holds exactly, or that is no whole one, is as it was written', async () => {
    for (const value of [9007199254740992, 1e17, 0.1, 1e300, '3544790567247868102', { a: 12345678901234567000 }])
      assert.deepEqual(await valueOf(text(JSON.stringify(value))), value);
    assert.equal(await valueOf(text('0.12345678901234567890')), 0.12345678901234568);
  });

  test('with a number that JavaScript has no place for is invalid, not null', async () => {
    for (const number of ['1e400', '-1e400', '9'.repeat(400)]) {
      const { kind, message } = await troubleOf(text(`{"a":[${number}]}`));
      assert.equal(kind, 'ResultInvalid');
      assert.match(message, /a number that is too large/);
    }
  });

  test('null is a result: required means that something was left', async () => {
    assert.equal(await valueOf(text('null'), { from: 'file', path: '/r', required: true }), null);
  });

  test('that is not JSON is invalid, and says how it begins', async () => {
    for (const wrong of ['{rows:1}', '', ' ', "'a'", '1 2', 'NaN', 'undefined']) {
      const { kind, message } = await troubleOf(text(wrong));
      assert.equal(kind, 'ResultInvalid');
      assert.match(message, /it is not JSON; it begins with: /);
    }
    assert.match((await troubleOf(text(`oops ${'x'.repeat(9999)}`))).message, /begins with: oops x{195}$/);
  });

  test('that is nested too deep to be written again is invalid', async () => {
    const depth = 400_000;
    const { kind, message } = await troubleOf(text('['.repeat(depth) + ']'.repeat(depth)));
    assert.equal(kind, 'ResultInvalid');
    assert.match(message, /nested too deep/);
  });

  test('of 1 MiB passes, and not one byte more', async () => {
    const longest = JSON.stringify('x'.repeat(MAX_RESULT_BYTES - 2));
    assert.equal(String(await valueOf(text(longest))).length, MAX_RESULT_BYTES - 2);
    assert.equal((await troubleOf(text(`${longest} `))).kind, 'ResultTooLarge');
  });

  test('that is short, but long as Temporal would carry it, is too large', async () => {
    const numbers = `[${Array(100_000).fill('1e20').join()}]`;
    const { kind, message } = await troubleOf(text(numbers));
    assert.equal(kind, 'ResultTooLarge');
    assert.match(message, /it has 2200001 bytes as JSON/);
  });

  test('that breaks the schema says where, what is wanted, and what there is', async () => {
    const schema = { type: 'object', properties: { rows: { type: 'number' } }, required: ['rows'] };
    assert.deepEqual(await valueOf(text('{"rows":1,"more":true}'), { ...LOG, schema }), { rows: 1, more: true });
    assert.deepEqual(await troubleOf(text('{"rows":"3"}'), { ...LOG, schema }), {
      kind: 'ResultInvalid',
      message: 'it does not fit result.schema:\nrows: must be of type number, got "3"',
    });
  });

  test('is not changed by the schema: no defaults are filled in', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number', default: 3 } } };
    assert.deepEqual(await valueOf(text('{}'), { ...LOG, schema }), {});
  });

  test('a schema that cannot be used never passes for one that fits', async () => {
    for (const schema of [{ requred: ['a'] }, { $ref: '#' }]) {
      const { kind, message } = await troubleOf(text('{}'), { ...LOG, schema });
      assert.equal(kind, 'ResultInvalid');
      assert.match(message, /result\.schema/);
    }
  });
});

suite('a result that was not found', () => {
  test('is required from a log or a file, or when there is a schema', () => {
    assert.equal(isRequired({ from: 'terminationMessage' }), false);
    assert.equal(isRequired({ from: 'terminationMessage', schema: {} }), true);
    assert.equal(isRequired({ from: 'terminationMessage', schema: {}, required: false }), false);
    assert.equal(isRequired({ from: 'log' }), true);
    assert.equal(isRequired({ from: 'file', path: '/r' }), true);
    assert.equal(isRequired({ from: 'file', path: '/r', required: false }), false);
  });

  test('is missing where it is required, and otherwise nothing', async () => {
    assert.deepEqual(await troubleOf(nothing, { from: 'file', path: '/out/r.json' }), {
      kind: 'ResultMissing',
      message: "result.from is 'file', and there is no file /out/r.json",
    });
    assert.deepEqual(await judge(nothing, { ...LOG, required: false }), {});
    assert.deepEqual(await judge(nothing, { ...LOG, required: false, schema: { type: 'number' } }), {});
  });

  test('nobody knows whether there was one: a failure, required or not', async () => {
    const lost = trouble('ResultMissing', 'lines are missing');
    assert.equal((await troubleOf(lost, { ...LOG, required: false })).kind, 'ResultMissing');
  });
});
