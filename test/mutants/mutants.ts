/**
 * `npm run mutants`: breaks the guards of the three promises one at a time, in copies of the project, and runs the tests that are to
 * notice. Ends with 1 when one survives, when a text of the list is not there (any more), or when tests fail without a change.
 *
 *     npm run mutants -- --only sweep
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyProject, occurrences } from '../support/changed-copy.ts';
import { MUTANTS, type Mutant } from './list.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'test', 'local', 'docs', 'bin', 'lint', 'package.json', 'tsconfig.json', 'README.md'];
/** A mutant may make a test wait for ever: that is noticed, too. */
const LIMIT_MS = 120_000;

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = MUTANTS.filter(({ file, from }) => `${file}: ${from}`.includes(values.only ?? ''));
const fileOf = (root: string, { file }: Mutant) => join(root, `src/${file}.ts`);
const nameOf = ({ file, from, to }: Mutant) => `${file}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
const testsOf = ({ tests }: Mutant) => tests.map((name) => `test/${name}.test.ts`);

const outdated = chosen.filter((mutant) => occurrences(fileOf(PROJECT, mutant), mutant.from) !== 1);
for (const mutant of outdated) console.log(`out of date, its text does not stand there once: ${nameOf(mutant)}`);

const folder = mkdtempSync(join(tmpdir(), 'temporal-pods-mutants-'));
try {
  const roots = Array.from({ length: Math.min(2, availableParallelism()) }, (_, at) => join(folder, String(at)));
  for (const root of roots) copyProject(PROJECT, root, COPIED);
  const current = chosen.filter((mutant) => !outdated.includes(mutant));
  const all = [...new Set(current.flatMap(testsOf))];
  const broken: string[] = [];
  await each(roots, all, async (root, file) => void ((await pass(root, file)) || broken.push(file)));
  for (const file of broken) console.log(`fails without any change, so it proves nothing: ${file}`);
  let survived = 0;
  await each(roots, current, async (root, mutant) => {
    const noticing = testsOf(mutant).filter((file) => !broken.includes(file));
    const isKilled = !(await passWith(root, mutant, noticing));
    if (!isKilled) survived++;
    console.log(`${isKilled ? 'killed  ' : 'SURVIVED'}  ${nameOf(mutant)}`);
  });
  console.log(`\n${current.length - survived} of ${current.length} mutants killed, ${outdated.length} out of date`);
  if (survived + outdated.length + broken.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each item once, as many at a time as there are copies. */
async function each<T>(roots: readonly string[], items: readonly T[], work: (root: string, item: T) => Promise<void>) {
  const left = [...items];
  await Promise.all(
    roots.map(async (root) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(root, item);
    }),
  );
}

async function passWith(root: string, mutant: Mutant, tests: readonly string[]): Promise<boolean> {
  const file = fileOf(root, mutant);
  const before = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    before.replace(mutant.from, () => mutant.to),
  );
  try {
    // One after the other: the first that notices is enough.
    for (const test of tests) if (!(await pass(root, test))) return false;
    return true;
  } finally {
    writeFileSync(file, before);
  }
}

/** The first failure is enough: what follows may wait for something that never comes. */
function pass(root: string, file: string): Promise<boolean> {
  const args = ['--test-timeout=20000', '--test-reporter=tap', file];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], timeout: LIMIT_MS });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told = told.slice(-100) + chunk.toString();
    if (/^ *not ok /m.test(told)) child.kill('SIGKILL');
  });
  child.once('error', reject);
  child.once('close', (code) => resolve(code === 0));
  return promise;
}
