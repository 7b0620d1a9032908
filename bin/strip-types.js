// Node itself strips no types in node_modules, for fear of packages that nobody compiled; this one is meant to be run so.
// Each thread needs it for itself.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';

const root = new URL('..', import.meta.url);
// The only word of it is that it may change, and the version of Node is pinned.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (warning, ...more) =>
  String(warning).startsWith('stripTypeScriptTypes') ? undefined : emitWarning(warning, ...more);
registerHooks({
  load(url, context, next) {
    if (!url.startsWith(root.href) || !url.endsWith('.ts')) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(new URL(url), 'utf8'));
    return { format: 'module', source, shortCircuit: true };
  },
});
