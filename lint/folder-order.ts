/**
 * The rooms of `src` in their order: each imports only what stands before it. So a library never knows of the activities, the
 * workflow sandbox never sees the outside, and there is no circle of folders. `|` parts rooms that must not know of each other.
 */
import { relative, resolve, sep } from 'node:path';
import type { Rule } from 'eslint';

const ORDER = [
  'common',
  'contract',
  'json-schema',
  'pod',
  'kubernetes',
  'logs',
  'spec',
  'policy',
  'config',
  'activities|workflows',
  'worker',
  'replay|simulation',
  'testing|client',
];
const PLACES = new Map(ORDER.flatMap((rooms, place) => rooms.split('|').map((room) => [room, place] as const)));

/** Loaded into the sandbox, types included: an author's types pull in no activity. */
const SANDBOX = ['common', 'contract', 'workflows'];

const SRC = resolve(import.meta.dirname, '../src');

export const folderOrder: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      order:
        'folder order: src/{{room}} must not import src/{{other}}. Each room imports only what stands before it: {{order}}',
      sandbox: 'folder order: a workflow runs in a sandbox and imports only {{sandbox}}, not src/{{other}}',
      outside: 'folder order: the product in src imports nothing of {{other}}',
      unknown: 'folder order: src/{{room}} has no place in the order of lint/folder-order.ts: give it one',
    },
  },
  create(context): Rule.RuleListener {
    const room = roomOf(context.filename);
    if (room === undefined) return {};
    const check = (node: Rule.Node, specifier: unknown) => {
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const file = resolve(context.filename, '..', specifier);
      const other = roomOf(file);
      const problem = problemOf(room, other);
      if (!problem) return;
      const data = {
        room,
        other: other ?? relative(resolve(SRC, '..'), file),
        order: ORDER.join(' < '),
        sandbox: SANDBOX.join(', '),
      };
      context.report({ node, messageId: problem, data });
    };
    const declaration = (node: Rule.Node & { source?: { value?: unknown } | null | undefined }) =>
      check(node, node.source?.value);
    return {
      ImportDeclaration: declaration,
      ExportAllDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      // `import('…').X`, a type: ESLint's own types do not know it.
      TSImportType: (
        node: Rule.Node & { argument?: { literal?: { value?: unknown } }; source?: { value?: unknown } },
      ) => check(node, node.source?.value ?? node.argument?.literal?.value),
      ImportExpression: (node: Rule.Node & { type: 'ImportExpression' }) =>
        check(node, node.source.type === 'Literal' ? node.source.value : undefined),
    };
  },
};

function problemOf(room: string, other: string | undefined): 'order' | 'sandbox' | 'outside' | 'unknown' | undefined {
  if (other === undefined) return 'outside';
  // The doors: worker.ts and client.ts may open any room.
  if (room === '' || room === other) return undefined;
  if (room === 'workflows') return SANDBOX.includes(other) ? undefined : 'sandbox';
  const [place, otherPlace] = [PLACES.get(room), PLACES.get(other)];
  if (place === undefined) return 'unknown';
  return otherPlace !== undefined && otherPlace < place ? undefined : 'order';
}

/** '' for the files that lie loose in src; undefined for what is not in src. */
function roomOf(file: string): string | undefined {
  const path = relative(SRC, file).split(sep);
  if (path[0] === '..') return undefined;
  return path.length === 1 ? '' : path[0];
}
