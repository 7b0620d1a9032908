/** The rooms of src: which may know which, and that no two know each other. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it, test } from 'node:test';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { folderOrder } from '../../lint/folder-order.ts';

const ROOT = join(import.meta.dirname, '../..');

RuleTester.describe = describe;
RuleTester.it = it;

const tester = new RuleTester({ languageOptions: { parser: tseslint.parser } });
const inFile = (filename: string, code: string) => ({
  name: `${filename}: ${code}`,
  filename: join(ROOT, filename),
  code,
});
const refused = (messageId: string, filename: string, code: string) => ({
  ...inFile(filename, code),
  errors: [{ messageId }],
});

tester.run('folder-order', folderOrder, {
  valid: [
    inFile('src/activities/run-pod.ts', "import { x } from '../kubernetes/cluster.ts';"),
    inFile('src/workflows/dag/dag.ts', "import type { PodSpec } from '../../contract/index.ts';"),
    inFile('src/worker.ts', "import { x } from './worker/index.ts';"),
    inFile('src/client/run/run.ts', "import { x } from '../terminal/output.ts';"),
    inFile('test/x.test.ts', "import { x } from '../src/client/run/run.ts';"),
  ],
  invalid: [
    refused('order', 'src/kubernetes/cluster.ts', "import type { X } from '../activities/attempt.ts';"),
    refused('order', 'src/logs/reader.ts', "export { x } from '../client/logs/printer.ts';"),
    refused('order', 'src/activities/run-pod.ts', "import { runPod } from '../workflows/run-pod.ts';"),
    refused('order', 'src/config/index.ts', "export * from '../worker/index.ts';"),
    refused('order', 'src/pod/outcome.ts', "const x = await import('../policy/index.ts');"),
    refused('sandbox', 'src/workflows/run-pod.ts', "import type { X } from '../activities/index.ts';"),
    refused('sandbox', 'src/workflows/dag/dag.ts', "import type { X } from '../../activities/index.ts';"),
    refused('sandbox', 'src/workflows/dag/deep/er.ts', "import { x } from '../../../kubernetes/cluster.ts';"),
    refused('sandbox', 'src/workflows/dag/dag.ts', "type X = import('../../kubernetes/cluster.ts').Cluster;"),
    refused('outside', 'src/config/temporal.ts', "import { readStack } from '../../local/stack.ts';"),
    refused('unknown', 'src/attic/x.ts', "import { x } from '../common/pause.ts';"),
  ],
});

test('no two folders of src import each other, directly or over others', () => {
  const imports = importsOfFolders();
  const circle = [...imports.keys()].map((folder) => circleFrom(folder, imports)).find((found) => found);
  assert.equal(circle?.join(' → '), undefined);
});

function importsOfFolders(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of globSync('src/**/*.ts', { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const [from, to] = [dirname(file), dirname(normalize(join(dirname(file), specifier)))];
      // The doors in src itself open rooms; no room leads back to them but the client's `worker` command.
      if (from !== to && from !== 'src') found.set(from, (found.get(from) ?? new Set()).add(to));
    }
  }
  return found;
}

function circleFrom(start: string, imports: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (folder: string, path: readonly string[]): string[] | undefined => {
    for (const next of imports.get(folder) ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const circle = walk(next, [...path, next]);
      if (circle) return circle;
    }
    return undefined;
  };
  return walk(start, [start]);
}
