import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { readWords } from '../../../src/client/params/arguments.ts';
import { Problem } from '../../../src/common/problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'arguments-'));
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const readArguments = (texts: readonly string[], readStdin: () => string) =>
  readWords(texts, readStdin).map((word) => ('value' in word ? word.value : word));
const noStdin = () => assert.fail('standard input was read');

suite('the arguments of a workflow', () => {
  after(() => rmSync(folder, { recursive: true }));

  const good: [law: string, texts: string[], values: unknown[], stdin?: string][] = [
    ['none are none', [], []],
    ['each is JSON', ['{"a":[1]}', '5', '"text"', 'null', '-1.5'], [{ a: [1] }, 5, 'text', null, -1.5]],
    [
      'a .yaml file is read',
      [file('a.yaml', 'image: x # comment\nargs: [a, "1"]\n')],
      [{ image: 'x', args: ['a', '1'] }],
    ],
    ['a .yml file is read', [file('a.yml', 'a: yes')], [{ a: 'yes' }]],
    ['a .json file is read, with tabs too', [file('a.json', '{\n\t"a": 1\n}')], [{ a: 1 }]],
    ['- is YAML on standard input', ['-'], [{ a: 1 }], 'a: 1'],
    ['- is JSON on standard input', ['1', '-'], [1, { a: 1 }], '{"a":1}'],
    ['anchors and merge keys work', ['-'], [{ x: { a: 1 }, y: { a: 1, b: 2 } }], 'x: &x {a: 1}\ny: {<<: *x, b: 2}'],
    ['key=value is one key, and its text', ['a.b-c=x=y'], [{ position: 1, key: 'a.b-c', text: 'x=y' }]],
    [
      'key=@file is what the file holds',
      [`a=@${file('a.csv', 'x,y\n1,2\n')}`],
      [{ position: 1, key: 'a', text: 'x,y\n1,2' }],
    ],
    ['a file whose name looks like key=value, by its path', [file('a=b.yaml', 'a: 1')], [{ a: 1 }]],
    ['a leading document marker is no second document', ['-'], [1], '---\n1\n'],
  ];
  for (const [law, texts, values, stdin] of good)
    test(law, () => assert.deepEqual(readArguments(texts, stdin === undefined ? noStdin : () => stdin), values));

  const bad: [law: string, texts: string[], says: RegExp, stdin?: string][] = [
    ['text without quotes is told how to quote', ['1', 'hello'], /argument 2 is not JSON[^]*'"hello"'/],
    ['broken JSON is told where', ['{"a":1,}'], /argument 1 is not JSON: .*\(line 1 column 8\)/],
    ['quotes lost to the shell are recognised', ['{a:1}'], /single quotes/],
    [
      'a file that is not there is named',
      ['no-such.yaml'],
      /argument 1: cannot read no-such\.yaml: there is no such file/,
    ],
    [
      'broken YAML is told with file and line',
      [file('b.yaml', 'a: 1\nb: [1,\n')],
      /argument 1 \(.*b\.yaml\)[^]*line 2|line 3/,
    ],
    ['a key that stands twice is told', ['-'], /standard input[^]*unique[^]*line 2/, 'a: 1\na: 2\n'],
    ['nothing is not a value', ['-'], /argument 1 \(standard input\) holds nothing/, '# only a comment\n'],
    ['two documents are one too many', ['-'], /2 YAML documents; it must be exactly one/, 'a: 1\n---\nb: 1\n'],
    ['a file behind key=@ that is not there', ['a=@no-such.csv'], /argument 1: cannot read no-such\.csv/],
    ['standard input is read once', ['-', '-'], /argument 2 is '-' again/, '1'],
    ['a bomb of aliases does not go off', ['-'], /argument 1/, bomb()],
  ];
  for (const [law, texts, says, stdin] of bad)
    test(law, () =>
      assert.throws(
        () => readArguments(texts, stdin === undefined ? noStdin : () => stdin),
        (error) => error instanceof Problem && error.exitCode === 2 && says.test(error.message),
      ),
    );
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
