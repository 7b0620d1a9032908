/**
 * In a workflow, a promise that is kept for later is a trap: when it fails before somebody awaits it, Temporal takes that for a
 * fault of the program and tries the workflow task again, for ever. A task's handle may be kept (and `Promise.all` and the like of
 * handles): `dag` sees to those. Nothing can see to what an async function returns, so it is awaited, returned, or made a task.
 */
import type { Rule } from 'eslint';
import type ts from 'typescript';

interface TypedServices {
  readonly program: ts.Program;
  readonly getTypeAtLocation: (node: Rule.Node) => ts.Type;
}

export const noStoredPromise: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      stored:
        "'{{name}}' keeps a promise for later: if it fails before it is awaited, the run is stuck. Await it here, or make it a task: task('{{name}}', () => …)",
    },
  },
  create(context) {
    const { program, getTypeAtLocation } = context.sourceCode.parserServices as TypedServices;
    const checker = program.getTypeChecker();
    return {
      'VariableDeclarator[init.type="CallExpression"]'(node: Rule.Node & { type: 'VariableDeclarator' }) {
        const init = node.init as Rule.Node & { type: 'CallExpression' };
        if (isCombinator(init) || !holdsPromise(getTypeAtLocation(init), checker)) return;
        context.report({ node, messageId: 'stored', data: { name: context.sourceCode.getText(node.id) } });
      },
    };
  },
};

/** `Promise.all` and the others; what they are given is made by calls of its own. */
function isCombinator({ callee }: { callee: { type: string; object?: unknown } }): boolean {
  const object = callee.object as { type: string; name?: string } | undefined;
  return callee.type === 'MemberExpression' && object?.type === 'Identifier' && object.name === 'Promise';
}

/** Handles are no `Promise` for TypeScript: they have an interface of their own. */
function holdsPromise(type: ts.Type, checker: ts.TypeChecker): boolean {
  if (type.isUnion()) return type.types.some((one) => holdsPromise(one, checker));
  // Anything else may have no symbol, whatever the type says.
  if ((type.symbol as ts.Symbol | undefined)?.name === 'Promise') return true;
  if (!checker.isArrayType(type) && !checker.isTupleType(type)) return false;
  return checker.getTypeArguments(type as ts.TypeReference).some((one) => holdsPromise(one, checker));
}
