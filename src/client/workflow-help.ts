/** What a workflow takes, for its help. */
import { clientCall } from '../common/program-name.ts';
import { schemaOf } from './params/json-schema.ts';
import { paramRows, type ParamRow } from './params/words.ts';
import { oneLine } from './stdout.ts';
import type { KnownWorkflow } from './workflows.ts';

export function workflowHelp({ name, description, params }: KnownWorkflow): string {
  const title = `${name}${description ? `: ${oneLine(description)}` : ''}`;
  if (!params) return `${title}\n\nIts arguments have no schema; they are passed on as they are.\n`;
  const rows = paramRows(schemaOf(params));
  if (rows.length === 0) return `${title}\n\nIt takes no parameters.\n\nExample:\n  ${clientCall()} run ${name}\n`;
  const width = Math.max(...rows.map((row) => row.name.length)) + 2;
  return [
    title,
    '',
    'Parameters:',
    ...rows.map((row) => rowText(row, width)),
    '',
    'Example:',
    `  ${exampleCall(name, rows)}`,
    '',
  ].join('\n');
}

function rowText({ name, type, required, description, ...row }: ParamRow, width: number): string {
  const value = 'default' in row ? `default ${JSON.stringify(row.default)}` : required ? 'required' : 'optional';
  const first = `  ${name.padEnd(width)}${type}, ${value}`;
  return description ? `${first}\n  ${' '.repeat(width)}${oneLine(description)}` : first;
}

/** With all that must be given, or with one that may. */
export function exampleCall(name: string, rows: readonly ParamRow[], call = clientCall()): string {
  const required = rows.filter((row) => row.required && !('default' in row));
  const shown = required.length > 0 ? required : rows.slice(0, 1);
  return [call, 'run', name, ...shown.map((row) => `${row.name}=${row.example}`)].join(' ');
}
