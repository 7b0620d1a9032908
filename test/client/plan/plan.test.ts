/** The graph of a workflow that never ran. No server; each workflow is bundled and replayed for real. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { planDocument, type PlanDocument } from '../../../src/client/graph/plan-document.ts';
import { drawingOfPlan } from '../../../src/client/graph/plan-drawing.ts';
import { textOf } from '../../../src/client/graph/text.ts';
import { planner } from '../../../src/client/plan.ts';
import { workflowsModule } from '../../../src/config/index.ts';
import { workflowNames } from '../../../src/client/workflows.ts';
import type { PlanReport } from '../../../src/workflows/plan/types.ts';

const examples = planner({ path: fileURLToPath(new URL('./workflows.ts', import.meta.url)), from: 'workflows.ts' });
const own = planner(workflowsModule());

async function report(workflow: string, args: unknown[] = [], plan = examples): Promise<PlanReport> {
  return (await plan)({ workflow, args });
}
async function document(workflow: string, args: unknown[] = [], plan = examples): Promise<PlanDocument> {
  const { graph, ...rest } = await report(workflow, args, plan);
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
      const { graph, end } = await report(name, args[name], own);
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
    const { nodes, edges, problems } = await document('diamond', [{ csv: 'x', image: 'own:1' }], own);
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
    assert.deepEqual(lines(await document('inTheBody')), ['●  load    load:1', '●  (body)  find:1']);
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

  test('as many tasks as a DAG may have', async () => {
    assert.equal((await document('wide', [1998])).nodes.length, 2000);
  });

  test('without a graph there is the end of the workflow, or nothing while it waits', async () => {
    assert.deepEqual(await report('noDag'), {
      calls: [{ task: 'pod', call: { pod: { image: 'load:1', args: ['x'] } } }],
      end: 'completed',
    });
    assert.deepEqual(await report('waitsBefore'), { calls: [] });
  });
});
