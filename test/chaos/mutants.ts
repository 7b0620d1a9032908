/**
 * Known-bad copies of the product, one and more per promise: a campaign that finds nothing in them proves nothing about the real one.
 * The source is copied to a folder of its own and one place in it is changed; the product itself knows no switch.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyProject, occurrences } from '../support/changed-copy.ts';

export interface Mutant {
  /** What is broken in it. */
  what: string;
  /** Where it must be seen. */
  column: 'orphans' | 'doubled' | 'lost' | 'repeated' | 'wrong';
  /** Faults that show it. */
  only: readonly string[];
  /** A text that must stand in exactly one file, once; and what stands there instead. */
  changes: readonly { from: string | RegExp; to: string }[];
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'leaves-pods': {
    what: 'a pod is called gone, and no DELETE is ever sent for it',
    column: 'orphans',
    only: ['API: 2 s slow'],
    changes: [
      {
        from: "if ((await cluster.deletePod(ref, removal.graceSeconds)) === 'gone') return { gone: true };",
        to: 'return { gone: true };',
      },
    ],
  },
  'forgets-earlier-runs': {
    what: 'the pod of a run that was reset is not waited for',
    column: 'doubled',
    only: ['run reset'],
    changes: [{ from: 'if (!alone) await removeEarlierRuns(attempt);', to: '' }],
  },
  'believes-an-exit-code': {
    what: 'a pod that was deleted while it worked, and then ends with 0, has succeeded',
    column: 'wrong',
    only: ['pod deleted by somebody else', 'pod evicted'],
    changes: [
      { from: 'if (evidence.deletion !== undefined && !evidence.finishedByItself)', to: 'if (Math.random() > 2)' },
      { from: 'if (disruption && !isEarlier(', to: 'if (Math.random() > 2 && disruption && !isEarlier(' },
    ],
  },
  'goes-on-after-a-break': {
    what: 'a log that is read again is taken to be new from its first line on',
    column: 'repeated',
    only: ['logs: stream reset', 'worker told to stop'],
    changes: [{ from: "this.state = cursor ? 'searching' : 'found';", to: "this.state = 'found';" }],
  },
  'drops-lines': {
    what: 'a log that is read again goes on one line too late',
    column: 'lost',
    only: ['logs: stream reset'],
    changes: [{ from: 'return records.slice(index + 1);', to: 'return records.slice(index + 2);' }],
  },
};

/** @returns the folder of the mutant. @throws when a place to change is not there, or not once: the mutant is out of date */
export function makeMutant(project: string, folder: string, { changes }: Mutant): string {
  const root = join(folder, 'mutant');
  copyProject(project, root, ['src', 'local', 'package.json', 'tsconfig.json']);
  const files = globSync('src/**/*.ts', { cwd: root }).map((name) => join(root, name));
  for (const { from, to } of changes) {
    const found = files.filter((file) => occurrences(file, from) === 1);
    const [file] = found;
    if (!file || found.length > 1)
      throw new Error(`the mutant is out of date: ${String(from)} stands in ${found.length} files`);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(from, () => to),
    );
  }
  return root;
}
