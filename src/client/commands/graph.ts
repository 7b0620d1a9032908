/** `graph`: of a run, and of a workflow before it ever ran. */
import { usage } from '../../common/problem.ts';
import { clientCall } from '../../common/program-name.ts';
import { workflowsModule } from '../../config/workflows-module.ts';
import type { PlanReport } from '../../contract/index.ts';
import { runGraph, type RunGraph } from '../history/read-run.ts';
import { withSamples } from '../params/fill.ts';
import { workflowArguments } from '../params/workflow-arguments.ts';
import { findWorkflow } from '../params/workflows.ts';
import type { Temporal } from '../temporal/connection.ts';
import { findRun, type FoundRun } from '../temporal/find-run.ts';
import { createOutput } from '../terminal/output.ts';
import { tellIfSlow } from '../terminal/slow.ts';
import { printData, printJson } from '../terminal/stdout.ts';
import { lengthText } from '../terminal/time-text.ts';
import { dotOf } from '../view/graph/dot.ts';
import { type Drawing, drawingOf } from '../view/graph/drawing.ts';
import { mermaidOf } from '../view/graph/mermaid.ts';
import { drawingOfPlan, planDocument } from '../view/graph/plan-drawing.ts';
import { planner } from '../view/graph/plan.ts';
import { svgOf } from '../view/graph/svg.ts';
import { textOf } from '../view/graph/text.ts';
import { type Program, RUN_OPTION } from './program.ts';

const RENDERERS = { mermaid: mermaidOf, dot: dotOf, svg: svgOf };
const FORMATS = ['text', ...(Object.keys(RENDERERS) as (keyof typeof RENDERERS)[]), 'json'] as const;
type GraphFormat = (typeof FORMATS)[number];

interface Options {
  readonly plan?: boolean;
  readonly body?: boolean;
  readonly run?: string;
  readonly output: GraphFormat;
}

const HELP = `
Of a run, while it runs and after it:
  graph diamond-1a2b3c4d
  graph diamond-1a2b3c4d -o svg > diamond.svg
A solid line: the task awaited it; while the run runs, as far as it has come. A dotted one: the task was created after that had ended.
In text, lines that others imply are left out.

Of a workflow that never ran, with its arguments as for run. It needs no server:
  graph --plan diamond csv=@demo/orders.csv
  graph --plan diamond -o mermaid
  graph --plan diamond -o json          with the whole spec of each pod
Its code is run, and each pod answered by a stand-in, <orders.output>, which is true, counts as 1, equals nothing, and has one element.
So a list from a pod has one task, a mapped task is drawn once, and of a branch there is the side that a stand-in takes. Activities and
child workflows are answered so too, and timers when nothing else can go on. What comes after a signal, an update, or a condition without
a time limit is not drawn; of patched('…') there is the side of old runs. A parameter that is missing is made up, <csv>.

Exit code: 0; 1 the plan is not whole, and stderr says why; 2 the call is wrong, or there is no graph; 3 Temporal does not answer.`;

export function graphCommand(program: Program): void {
  program
    .command(
      'graph <id> [args...]',
      'Draw the graph of a run, or, with --plan, of a workflow before it ever ran.',
      FORMATS,
    )
    .option('--plan', '<id> is a workflow, [args...] are its arguments')
    .option(...RUN_OPTION)
    .option('--body', 'also draw what is not in a task, the (body): it awaits the last ones')
    .addHelpText('before', ({ command }) => program.workflowHelp(command.args[0]))
    .addHelpText('after', HELP)
    .action(async (id: string, args: string[], options: Options) => {
      if (options.plan) {
        if (options.run !== undefined) throw usage('--run names a run, and --plan draws none');
        program.exitCode = await drawPlan(id, args, options);
        return;
      }
      if (args.length > 0)
        throw usage(
          `one run at a time, and got also: ${args.join(' ')}\n  of a workflow: ${clientCall()} graph --plan ${id} …`,
        );
      await program.withTemporal((temporal) => drawRun(temporal, id, options));
    });
}

async function drawRun(temporal: Temporal, id: string, { run: runId, body, output }: Options): Promise<number> {
  const run = await findRun(temporal, id, runId);
  const graph = await runGraph(temporal, run);
  const { handle: _, ...known } = run;
  if (graph.from === 'history' && run.closedMs === undefined)
    createOutput('text').say('no worker tells of this run now: tasks that have not come to a pod are missing');
  if (output === 'json') printJson({ ...known, ...graph });
  else if (graph.nodes.length === 0)
    throw usage(`'${id}' has no graph: no task of it is known${run.closedMs === undefined ? ' yet' : ''}`);
  else print(drawingOf(graph, { title: titleOf(run, graph), now: run.closedMs ?? Date.now(), body }), output);
  return 0;
}

const titleOf = ({ workflowId, status, startedMs, closedMs }: FoundRun, { podsPaused }: RunGraph): string =>
  `${workflowId} · ${status} · ${lengthText((closedMs ?? Date.now()) - startedMs)}${podsPaused ? ' · new pods are paused' : ''}`;

/** @param makePlanner bundles the workflows, which takes a second: who draws several plans of one module shares it */
export async function drawPlan(
  workflow: string,
  texts: readonly string[],
  { body, output }: Options,
  makePlanner = planner,
): Promise<number> {
  const args = workflowArguments(await findWorkflow(workflow), texts, undefined, withSamples);
  const report = await tellIfSlow(`bundling the workflows to plan '${workflow}'`, async () => {
    const plan = await makePlanner(workflowsModule());
    return plan({ workflow, args });
  });
  if (!report.graph) throw usage(noGraphText(workflow, report));
  const document = planDocument(workflow, { ...report, graph: report.graph }, body);
  if (document.nodes.length === 0)
    throw usage(
      `'${workflow}' comes to no task, so there is nothing to draw\n  ${document.problems.join('\n  ')}`.trimEnd(),
    );
  if (output === 'json') printJson(document);
  else print(drawingOfPlan(document), output);
  const progress = createOutput('text');
  for (const problem of document.problems) progress.say(`not whole: ${problem}`);
  return document.problems.length > 0 ? 1 : 0;
}

function noGraphText(workflow: string, { end }: PlanReport): string {
  if (end === 'completed') return `'${workflow}' has no dag(), so there is no graph of it`;
  if (!end)
    return `'${workflow}' waits for what no plan gives before it comes to its dag(): a signal, an update, a condition`;
  return (
    `'${workflow}' fails before it comes to its dag(): ${end.type}: ${end.message}\n` +
    `  its arguments are given as for run: ${clientCall()} graph --plan ${workflow} '<JSON>'`
  );
}

function print(drawing: Drawing, format: Exclude<GraphFormat, 'json'>): void {
  printData(format === 'text' ? textOf(drawing, process.stdout) : RENDERERS[format](drawing));
}
