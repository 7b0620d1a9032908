/** `workflows`: what can be started. */
import { schemaOf } from '../params/json-schema.ts';
import { paramRows } from '../params/help.ts';
import { ROW_FORMATS, rowsText, type Column, type RowFormat } from '../terminal/rows.ts';
import { printData } from '../terminal/stdout.ts';
import { knownWorkflows, type KnownWorkflow } from '../params/workflows.ts';
import type { Program } from './program.ts';

const HELP = `
They are the exports of src/workflows/index.ts, or of the module in TEMPORAL_PODS_WORKFLOWS. With -o json each has the JSON Schema of
its parameters. What one takes: run <workflow> --help.

Exit code: 0, or 2 when the module cannot be loaded.`;

export function workflowsCommand(program: Program): void {
  program
    .command('workflows', 'List the workflows that can be started, with what they take.', ROW_FORMATS)
    .addHelpText('after', HELP)
    .action(async ({ output }: { output: RowFormat }) => {
      const rows = (await knownWorkflows()).map(rowOf).sort((a, b) => a.name.localeCompare(b.name));
      printData(rowsText(output, rows, { columns: COLUMNS, nameOf: (row) => row.name, screen: process.stdout }));
    });
}

const rowOf = ({ name, description, params }: KnownWorkflow) => ({
  name,
  ...(description && { description }),
  ...(params && { schema: schemaOf(params) }),
});

/** What may be left out is in brackets, as in a usage line. */
const COLUMNS: readonly Column<ReturnType<typeof rowOf>>[] = [
  { title: 'WORKFLOW', text: ({ name }) => name },
  {
    title: 'PARAMETERS',
    text: ({ schema }) =>
      schema
        ? paramRows(schema)
            .map((row) => (row.required ? row.name : `[${row.name}]`))
            .join(' ')
        : '',
  },
  { title: 'DESCRIPTION', text: ({ description }) => description ?? '' },
];
