/** `graph --plan` as a process, with no server anywhere. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { client } from '../client-process.ts';

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1', KUBECONFIG: '/nowhere' };
const run = (...args: string[]) => client(['graph', ...args], { env: NOWHERE }).ended;

suite('graph --plan', { concurrency: 2 }, () => {
  test('draws the graph, and nothing else on stdout or stderr', async () => {
    assert.deepEqual(await run('--plan', 'diamond', '{"csv": "x"}'), {
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
      const { code, out } = await run('--plan', 'hello', '-o', format);
      assert.match(out, start);
      assert.equal(code, 0);
    });

  const rows: [law: string, args: string[], says: RegExp][] = [
    ['an unknown workflow', ['--plan', 'hallo'], /'hallo'; did you mean 'hello'\?/],
    ['one without a graph', ['--plan', 'sweep'], /'sweep' has no dag\(\)/],
    [
      'one that needs an argument',
      ['--plan', 'diamond'],
      /'diamond' fails before [^]*: csv: must be a string, got undefined\n[^]*graph --plan diamond '<JSON>'/,
    ],
    ['an argument that is no JSON', ['--plan', 'diamond', 'x'], /argument 1 is not JSON/],
    ['a bad spec', ['--plan', 'pod', '{"image": 3}'], /image: must be/],
    ['a run of what never ran', ['--plan', 'hello', '--run', 'x'], /--run names a run, and --plan draws none/],
    ['arguments of a run', ['hello-1', '{}'], /one run at a time[^]*graph --plan hello-1/],
    ['an unknown format', ['--plan', 'hello', '-o', 'png'], /png[^]*text, mermaid, dot, svg, json/],
  ];
  for (const [law, args, says] of rows)
    test(`${law} is wrong`, async () => {
      const { code, out, err } = await run(...args);
      assert.match(err, says);
      assert.deepEqual([code, out], [2, '']);
      assert.doesNotMatch(err, /^\s+at /m);
    });
});
