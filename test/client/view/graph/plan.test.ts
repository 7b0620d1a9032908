/** The graph of a workflow that never ran. No server; each workflow is bundled and replayed for real. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drawPlan } from '../../../../src/client/commands/graph.ts';
import { workflowNames } from '../../../../src/client/params/workflows.ts';
import { drawingOfPlan, planDocument, type PlanDocument } from '../../../../src/client/view/graph/plan-drawing.ts';
import { planner } from '../../../../src/client/view/graph/plan.ts';
import { textOf } from '../../../../src/client/view/graph/text.ts';
import type { PlanReport } from '../../../../src/contract/index.ts';
import { call, ended, type Ended } from '../../call.ts';

const EXAMPLES = new URL('./plan-workflows.ts', import.meta.url);
const examples = planner({ path: fileURLToPath(EXAMPLES), from: 'workflows.ts' });
/** Bundled once for all, those of the project among them; it is the setup, not what a test tells of. */
before(() => examples);

async function report(workflow: string, args: unknown[] = []): Promise<PlanReport> {
  return (await examples)({ workflow, args });
}
async function document(workflow: string, args: unknown[] = []): Promise<PlanDocument> {
  const { graph, ...rest } = await report(workflow, args);
  assert.ok(graph, `${workflow} has a graph`);
  return planDocument(workflow, { ...rest, graph });
}
const lines = (plan: PlanDocument) => textOf(drawingOfPlan(plan), {}).split('\n').slice(1);
const problemsOf = async (workflow: string) => (await document(workflow)).problems;

suite('the plan of a workflow', () => {
  test('of each that the project exports: a graph, or the reason why there is none', async () => {
    const args: Record<string, unknown[]> = { diamond: [{ csv: 'x' }], pod: [{ image: 'x' }] };
    const found = [];
    for (const name of await workflowNames()) {
      const { graph, end } = await report(name, args[name]);
      assert.equal(end, 'completed', name);
      found.push(`${name}: ${graph?.nodes.map((node) => node.name).join(' ') ?? 'no dag'}`);
    }
    assert.deepEqual(found.sort(), [
      'diamond: (body) orders regions products report',
      'dryRun: no dag',
      'hello: (body) hello',
      'pod: (body) main',
      'sweep: no dag',
    ]);
  });

  test('holds the whole spec of each pod, with the results of others in it by name', async () => {
    const { nodes, edges, problems } = await document('diamond', [{ csv: 'x', image: 'own:1' }]);
    const [call] = nodes.find(({ name }) => name === 'report')?.calls ?? [];
    assert.ok(call && 'pod' in call);
    assert.equal(call.pod.image, 'own:1');
    assert.deepEqual(call.pod.env, { INPUT: '{"regions":"<regions.output>","products":"<products.output>"}' });
    assert.equal(edges.length, 4);
    assert.deepEqual(problems, []);
  });

  test('of a list from a pod, one element is drawn', async () => {
    assert.deepEqual(lines(await document('fanOut')), [
      '●    find     find:1',
      '├╌●  load-0   load:1',
      '┊ ┊',
      '┊ ●  report   load:1',
      '┊',
      '╰╌●  check-0  load:1',
    ]);
  });

  test('a mapped task is drawn once, whatever its items are', async () => {
    const plan = await document('mapped', [['a', 'b', 'c']]);
    assert.deepEqual(lines(plan), [
      '├─●    find        find:1',
      '│ │',
      '│ ●─╮  load-found  loadChunk',
      '│   │',
      '╰─●─┤  load        2 × loadChunk',
      '    ●  sum         load:1',
    ]);
    const [, load] = plan.nodes;
    assert.deepEqual(load?.calls, [
      { workflow: 'loadChunk', items: 2 },
      { workflow: 'loadChunk', items: 1 },
    ]);
  });

  test('timers, activities, child workflows and conditions with a time limit are over at once', async () => {
    const { nodes, problems } = await document('patient');
    assert.deepEqual([nodes.map(({ name }) => name), problems], [['first', 'sensor', 'last'], []]);
  });

  test('a pod is done before any time is over, and a shorter wait before a longer one', async () => {
    const { nodes, problems } = await document('deadlines');
    assert.deepEqual([nodes.map(({ name }) => name), problems], [['load', 'in-time', 'early'], []]);
  });

  test('of a branch, the side that a stand-in takes: it is true, counts as 1, and equals nothing', async () => {
    assert.deepEqual(
      (await document('branches')).nodes.map(({ name }) => name),
      ['find', 'some', 'file-0', 'key-key'],
    );
  });

  test('arguments have their defaults, and what is given', async () => {
    assert.deepEqual(lines(await document('defaults')), ['├─●  day-0  load:2', '╰─●  day-1  load:2']);
    assert.deepEqual(lines(await document('defaults', [{ days: 1, image: 'own:1' }])), ['●  day-0  own:1']);
  });

  test('an argument that is missing and needed is a stand-in', async () => {
    const { nodes } = await document('needy');
    assert.deepEqual(nodes[0]?.calls, [
      {
        pod: { image: 'load:1', args: ['<argument 1.regions[]> <argument 1.day> <argument 1.regions[]>'] },
      },
    ]);
  });

  test('a workflow that takes no stand-in says what it says without the argument', async () => {
    assert.deepEqual(await report('strict'), { calls: [], end: { type: 'TypeError', message: 'day: must be a text' } });
    assert.deepEqual(lines(await document('strict', ['monday'])), ['●  day  load:1']);
  });

  test('who waits for a person is named, and the rest is drawn', async () => {
    const plan = await document('approval');
    assert.deepEqual(lines(plan), ['●  ask  find:1']);
    assert.match(plan.problems.join(), /^the body waits for what no plan gives/);
  });

  test('a poll that no stand-in can satisfy comes to an end', async () => {
    const plan = await document('endless');
    assert.deepEqual(
      plan.nodes.map(({ name }) => name),
      ['poll', 'after', 'beside'],
    );
    assert.match(plan.problems.join('\n'), /^'poll' waits for what no plan gives[^\n]*$/);
  });

  test('code that cannot work on a stand-in is named', async () => {
    assert.deepEqual(await problemsOf('breaks'), ["'parse' fails in the plan: Invalid time value"]);
    assert.deepEqual(await problemsOf('twice'), [
      "the workflow fails in the plan: DagDuplicate: two tasks are called 'one'",
    ]);
  });

  test('pods of the body are drawn as the body', async () => {
    assert.deepEqual(lines(await document('inTheBody')), ['●  load    load:1', '│', '●  (body)  find:1']);
  });

  test('who creates whom is told', async () => {
    const { nodes } = await document('creates');
    assert.deepEqual(
      nodes.map(({ name, parent }) => [name, parent]),
      [
        ['parent', undefined],
        ['after', undefined],
        ['child', 'parent'],
      ],
    );
  });

  test('of a thousand tasks', async () => {
    assert.equal((await document('wide', [998])).nodes.length, 1000);
  });

  test('without a graph there is the end of the workflow, or nothing while it waits', async () => {
    assert.deepEqual(await report('noDag'), {
      calls: [{ task: 'pod', call: { pod: { image: 'load:1', args: ['x'] } } }],
      end: 'completed',
    });
    assert.deepEqual(await report('waitsBefore'), { calls: [] });
  });
});

suite('graph --plan', () => {
  const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1', KUBECONFIG: '/nowhere' };
  const run = (...args: string[]) => call(['graph', ...args], NOWHERE);
  /** As `graph --plan`, with a bundle that is there already. */
  const draw = (workflow: string, output: 'text' | 'mermaid' | 'svg' = 'text') =>
    ended(() => drawPlan(workflow, [], { output }, () => examples), NOWHERE);
  const drawExample = (workflow: string) =>
    ended(() => drawPlan(workflow, [], { output: 'text' }, () => examples), {
      TEMPORAL_PODS_WORKFLOWS: fileURLToPath(EXAMPLES),
    });

  test('draws the graph, and nothing else on stdout; a parameter that is missing is made up', async () => {
    const { code, out, err } = await run('--plan', 'diamond');
    // It is told when it takes longer than a second.
    assert.match(err, /^(bundling the workflows to plan 'diamond'\n)?$/);
    assert.deepEqual(
      { code, out },
      {
        code: 0,
        out: [
          'diamond · plan',
          '●      orders    python:3.12-slim',
          '├─●─╮  regions   python:3.12-slim',
          '╰─●─┤  products  python:3.12-slim',
          '    ●  report    python:3.12-slim',
          '',
        ].join('\n'),
      },
    );
  });

  const starts: [format: 'mermaid' | 'svg', start: RegExp][] = [
    [
      'mermaid',
      /^---\ntitle: "hello · plan"\n---\nflowchart LR\n {2}t_hello\["hello<br\/>python:3\.12-slim"\]:::planned\n/,
    ],
    ['svg', /^<svg [^]*<title>hello\npython:3\.12-slim\nimage: python:3\.12-slim\ncommand: python -c [^]*<\/svg>\n$/],
  ];
  for (const [format, start] of starts)
    test(`-o ${format}`, async () => {
      const { code, out } = await draw('hello', format);
      assert.match(out, start);
      assert.equal(code, 0);
    });

  const isRefused = ({ code, out, err }: Ended, says: RegExp) => {
    assert.match(err, says);
    assert.deepEqual([code, out], [2, '']);
    assert.doesNotMatch(err, /^\s+at /m);
  };
  const rows: [law: string, args: string[], says: RegExp][] = [
    ['an unknown workflow', ['--plan', 'hallo'], /'hallo'; did you mean 'hello'\?/],
    ['an argument that is no JSON', ['--plan', 'diamond', 'x'], /argument 1 is not JSON/],
    ['no spec', ['--plan', 'pod'], /takes one argument, the spec/],
    ['a bad spec', ['--plan', 'pod', '{"image": 3}'], /image: must be/],
    ['a run of what never ran', ['--plan', 'hello', '--run', 'x'], /--run names a run, and --plan draws none/],
    ['arguments of a run', ['hello-1', '{}'], /one run at a time[^]*graph --plan hello-1/],
    ['an unknown format', ['--plan', 'hello', '-o', 'png'], /png[^]*text, mermaid, dot, svg, json/],
  ];
  for (const [law, args, says] of rows) test(`${law} is wrong`, async () => isRefused(await run(...args), says));
  test('one without a graph is wrong', async () => isRefused(await draw('sweep'), /'sweep' has no dag\(\)/));

  test('of a module of one’s own; what is not whole is said, with exit code 1', async () => {
    assert.deepEqual(await drawExample('breaks'), {
      code: 1,
      err: "not whole: 'parse' fails in the plan: Invalid time value\n",
      out: 'breaks · plan\n●  find   find:1\n│\n●  parse\n│\n●  use\n',
    });
    const { code, err } = await drawExample('strict');
    assert.match(err, /'strict' fails before [^]*: day: must be a text\n[^]*graph --plan strict '<JSON>'/);
    assert.equal(code, 2);
  });
});
