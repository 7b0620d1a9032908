/**
 * Makes dist/, what the package consists of beside its sources: JavaScript with types and maps. `npm pack` and `npm publish` call it.
 *
 * There is one implementation, in ES modules, so that a workflow and what is bundled beside it never hold two copies of a DAG's state.
 * Compilers that emit CommonJS refuse the types of an ES module (TypeScript before `module: node20`), so `dist/commonjs` has the same
 * types as those of CommonJS, and for each door a line that requires the implementation, which Node has been able to do since 22.12.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const commonjs = join(dist, 'commonjs');

/** As a declaration says it: TypeScript itself rewrites the endings in JavaScript only. */
const RELATIVE_IMPORT = /((?:from|import)\s*\(?\s*['"]\.\.?\/[^'"]*)\.ts(?=['"])/g;

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
for (const file of globSync('**/*.d.ts', { cwd: dist })) {
  const path = join(dist, file);
  // Of the same length, so the map that goes with it still fits.
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(RELATIVE_IMPORT, '$1.js'));
}

mkdirSync(commonjs);
writeFileSync(join(commonjs, 'package.json'), '{ "type": "commonjs" }\n');
const seen = new Set<string>();
for (const door of Object.values(manifest.exports)) {
  if (typeof door === 'string') continue;
  const implementation = join(root, door.import.default);
  const required = join(root, door.require.default);
  typesToCommonjs(join(root, door.import.types));
  writeFileSync(
    required,
    `'use strict';\nmodule.exports = require(${JSON.stringify(relative(dirname(required), implementation))});\n`,
  );
}

/** And those that it refers to. */
function typesToCommonjs(path: string): void {
  if (seen.has(path)) return;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  const copy = join(commonjs, relative(dist, path));
  mkdirSync(dirname(copy), { recursive: true });
  writeFileSync(copy, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  for (const [, other = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.\.?\/[^'"]*)\.js['"]/g))
    typesToCommonjs(join(dirname(path), `${other}.d.ts`));
}
