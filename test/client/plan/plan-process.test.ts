/** `graph --plan` as a process, with no server anywhere. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { client } from '../client-process.ts';

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1', KUBECONFIG: '/nowhere' };
const OWN = { TEMPORAL_PODS_WORKFLOWS: fileURLToPath(new URL('./workflows.ts', import.meta.url)) };
const run = (args: readonly string[], env = {}) => client(['graph', ...args], { env: { ...NOWHERE, ...env } }).ended;

suite('graph --plan', { concurrency: 2 }, () => {
  test('draws the graph, and nothing else on stdout or stderr; a parameter that is missing is made up', async () => {
    assert.deepEqual(await run(['--plan', 'diamond']), {
      code: 0,
      err: '',
      out: [
        'diamond · plan',
        '●      orders    python:3.12-slim',
        '├─●─╮  regions   python:3.12-slim',
        '╰─●─┤  products  python:3.12-slim',
        '    ●  report    python:3.12-slim',
        '',
      ].join('\n'),
    });
  });

  const starts: [format: string, start: RegExp][] = [
    [
      'mermaid',
      /^---\ntitle: "hello · plan"\n---\nflowchart LR\n {2}t_hello\["hello<br\/>python:3\.12-slim"\]:::planned\n/,
    ],
    ['svg', /^<svg [^]*<title>hello\npython:3\.12-slim\nimage: python:3\.12-slim\ncommand: python -c [^]*<\/svg>\n$/],
  ];
  for (const [format, start] of starts)
    test(`-o ${format}`, async () => {
      const { code, out } = await run(['--plan', 'hello', '-o', format]);
      assert.match(out, start);
      assert.equal(code, 0);
    });

  const rows: [law: string, args: string[], says: RegExp][] = [
    ['an unknown workflow', ['--plan', 'hallo'], /'hallo'; did you mean 'hello'\?/],
    ['one without a graph', ['--plan', 'sweep'], /'sweep' has no dag\(\)/],
    ['an argument that is no JSON', ['--plan', 'diamond', 'x'], /argument 1 is not JSON/],
    ['no spec', ['--plan', 'pod'], /takes one argument, the spec/],
    ['a bad spec', ['--plan', 'pod', '{"image": 3}'], /image: must be/],
    ['a run of what never ran', ['--plan', 'hello', '--run', 'x'], /--run names a run, and --plan draws none/],
    ['arguments of a run', ['hello-1', '{}'], /one run at a time[^]*graph --plan hello-1/],
    ['an unknown format', ['--plan', 'hello', '-o', 'png'], /png[^]*text, mermaid, dot, svg, json/],
  ];
  for (const [law, args, says] of rows)
    test(`${law} is wrong`, async () => {
      const { code, out, err } = await run(args);
      assert.match(err, says);
      assert.deepEqual([code, out], [2, '']);
      assert.doesNotMatch(err, /^\s+at /m);
    });

  test('of a module of one’s own; what is not whole is said, with exit code 1', async () => {
    assert.deepEqual(await run(['--plan', 'breaks'], OWN), {
      code: 1,
      err: "not whole: 'parse' fails in the plan: Invalid time value\n",
      out: 'breaks · plan\n●  find   find:1\n●  parse\n●  use\n',
    });
    const { code, err } = await run(['--plan', 'strict'], OWN);
    assert.match(err, /'strict' fails before [^]*: day: must be a text\n[^]*graph --plan strict '<JSON>'/);
    assert.equal(code, 2);
  });
});
