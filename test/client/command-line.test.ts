/** A call that is wrong, or leads nowhere: one message, nothing started, no stack trace. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call, impatient, type Ended } from './call.ts';
import { client } from './client-process.ts';

/** Nothing listens there: a call that came so far would end with 3. */
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

suite('a call that is wrong', () => {
  const rows: [law: string, args: string[], says: RegExp][] = [
    [
      'an unknown workflow: the known ones, and the one that was meant',
      ['run', 'hallo'],
      /'hallo'; did you mean 'hello'[^]*diamond, dryRun, hello, pod, sweep/,
    ],
    [
      'a malformed argument: which, and what is wrong',
      ['start', 'hello', '{"a":1,}'],
      /argument 1 is not JSON.*line 1 column 8/,
    ],
    ['a pod without a spec', ['run', 'pod'], /takes one argument, the spec/],
    [
      'wrong parameters: all faults, one a line',
      ['start', 'diamond', 'image.x=1', 'cvs=2'],
      /nothing was started:\n(?=[^]* {2}csv: must be a string, got nothing\n)(?=[^]* {2}image: )(?=[^]* {2}cvs: .*did you mean 'csv')/,
    ],
    [
      'a schedule of wrong parameters',
      ['schedule', 'create', 's', 'hello', 'imag=x', '--every', '1h'],
      /imag: .*'image'/,
    ],
    ['a schedule without times', ['schedule', 'create', 's', 'hello'], /Give --cron or --every/],
    ['a shell that is none', ['completion', 'tcsh'], /tcsh.*bash, zsh, fish/],
    ['a time that a run is not for', ['run', 'hello', '--for', 'soon'], /--for: 'soon' is neither a day/],
    ['a dry run without a spec', ['dry-run'], /a dry run takes one argument.*: dry-run spec\.yaml/],
    [
      'a dry run of a bad spec',
      ['dry-run', '{"image": 3}'],
      /nothing was started:\n {2}image: must be [^\n]*, got 3\n/,
    ],
    ['a dry run in a format that is none', ['dry-run', '{}', '-o', 'text'], /text.*yaml, json/],
    ['a dry run as a workflow', ['run', 'dryRun', '{"image": "x"}'], /must be an object, got nothing/],
    ['no workflow', ['run'], /missing required argument 'workflow'/],
    ['an unknown option', ['run', '--fast', 'hello'], /unknown option '--fast'/],
    [
      'a bad option of a command: its own help',
      ['list', '--fast'],
      /how it is called: npm run client -- list --help\n$/,
    ],
    [
      'a bad option in a group: its own help',
      ['schedule', 'create', 'x', '--fast'],
      /how it is called: npm run client -- schedule create --help\n$/,
    ],
    ['an unknown command', ['rnu', 'hello'], /unknown command 'rnu'[^]*run/],
    ['an unknown format', ['run', 'hello', '-o', 'xml'], /xml.*text, json/],
    ['an empty id', ['run', 'hello', '--id', ''], /--id is empty/],
    ['no command: how it is called', [], /Usage: npm run client -- /],
  ];
  const isRefused = ({ code, out, err }: Ended, says: RegExp) => {
    assert.match(err, says);
    assert.equal(code, 2);
    assert.equal(out, '', 'stdout is for data');
    assert.doesNotMatch(err, /^\s+at /m, 'no stack trace');
  };
  for (const [law, args, says] of rows) test(law, async () => isRefused(await call(args, NOWHERE), says));

  test('a bad spec, from standard input, as a process: all faults, one a line', async () => {
    const stdin = 'image: 3\nretries: -1\ncolour: red\n';
    isRefused(
      await client(['run', 'pod', '-'], { env: NOWHERE, stdin }).ended,
      /nothing was started:(?=[^]*\n {2}image: )(?=[^]*\n {2}retries: )(?=[^]*\n {2}colour: )/,
    );
  });

  test('the help of a workflow: behind run, and as the help command', async () => {
    const option = await call(['run', 'hello', '--help'], NOWHERE);
    const command = await call(['help', 'run', 'hello'], NOWHERE);
    assert.match(
      option.out,
      /^hello: One pod that says hello\.\n\nParameters:\n {2}image {2}text, default "python:3\.12-slim"/,
    );
    assert.deepEqual([option.code, command], [0, option]);
  });

  test('the version, and the workflows, need no Temporal', async () => {
    assert.match((await call(['--version'], NOWHERE)).out, /^\d+\.\d+\.\d+\n$/);
    const { code, out } = await call(['workflows', '-o', 'json'], NOWHERE);
    const hello = (JSON.parse(out) as { name: string; schema?: object }[]).find(({ name }) => name === 'hello');
    assert.deepEqual([code, typeof hello?.schema], [0, 'object']);
  });

  test('help is no mistake', async () => {
    const { code, out } = await call(['run', '--help'], NOWHERE);
    assert.match(out, /Usage: npm run client -- run/);
    assert.equal(code, 0);
  });
});

suite('a dry run', () => {
  test('hints at what Kubernetes would make of two dollars', async (t) => {
    impatient(t);
    const { err } = await call(['dry-run', '{"image": "x", "command": ["sh", "-c", "kill $$"]}'], NOWHERE);
    assert.match(err, /^note: command\[2\]: has "\$\$", of which Kubernetes makes a plain "\$"/);
  });
});

suite('a Temporal that does not answer', () => {
  test('is named, with what to do', async (t) => {
    impatient(t);
    const { code, out, err } = await call(['run', 'hello'], NOWHERE);
    assert.match(
      err,
      /^temporal-pods: Temporal at 127\.0\.0\.1:1 does not answer: .*npm run up.*TEMPORAL_ADDRESS.*\n$/,
    );
    assert.equal(code, 3);
    assert.equal(out, '');
  });

  test('shows its stack trace with --debug', async (t) => {
    impatient(t);
    const { code, err } = await call(['run', 'hello', '--debug'], NOWHERE);
    assert.match(err, /^\s+at /m);
    assert.equal(code, 3);
  });
});

/** An exit code of 1 says that a run failed. */
suite('what is no failure of a run does not end with 1', () => {
  test('a stdout that cannot be written: which, and why', { skip: process.platform !== 'linux' }, async () => {
    const { code, err } = await client(['workflows'], { env: NOWHERE, stdout: '/dev/full' }).ended;
    assert.match(err, /^temporal-pods: stdout cannot be written: ENOSPC[^\n]*\n$/);
    assert.equal(code, 3);
  });

  test("a promise that an author's module leaves behind", async () => {
    const module = fileURLToPath(new URL('./rejecting-workflows.ts', import.meta.url));
    const env = { ...NOWHERE, TEMPORAL_PODS_WORKFLOWS: module };
    const { code, err } = await client(['run', 'nothing'], { env }).ended;
    assert.match(err, /^temporal-pods: .*left behind\n/m);
    assert.equal(code, 3);
  });
});
