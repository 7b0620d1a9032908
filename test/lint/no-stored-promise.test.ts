/** Which promises a workflow may keep for later. */
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { noStoredPromise } from '../../lint/no-stored-promise.ts';

RuleTester.describe = describe;
RuleTester.it = it;

const tester = new RuleTester({
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: {
      projectService: { allowDefaultProject: ['*.ts'] },
      tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)),
    },
  },
});

const GIVEN = `
  interface Handle<T> extends PromiseLike<T> { readonly name: string }
  declare function task<T>(name: string, work: () => Promise<T>): Handle<T>;
  declare function runPod(): Promise<{ output: string }>;
  declare const handle: Handle<string>;
  declare const days: string[];
`;
const inWorkflow = (code: string) => ({
  name: code,
  code: `${GIVEN}\nasync function workflow() { ${code} }`,
  filename: 'workflow.ts',
});
const keeps = (name: string, code: string) => ({
  ...inWorkflow(code),
  errors: [{ messageId: 'stored', data: { name } }],
});

tester.run('no-stored-promise', noStoredPromise, {
  valid: [
    "const orders = task('orders', () => runPod());",
    'const { output } = await runPod();',
    'const both = Promise.all([handle, handle]);',
    'const tasks = days.map((day) => task(day, () => runPod()));',
    'const done = await Promise.all(days.map(() => runPod()));',
    'const helper = async () => (await handle).length;',
    'return runPod();',
  ].map(inWorkflow),
  invalid: [
    keeps('pod', 'const pod = runPod(); await handle; await pod;'),
    keeps('length', 'const length = (async () => (await handle).length)();'),
    keeps('pods', 'const pods = days.map(() => runPod());'),
    keeps('output', 'const output = runPod().then((result) => result.output);'),
  ],
});
