/** What Tab offers, and that a real bash asks for it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { candidatesFor, type Names, wordsOf } from '../../../src/client/completion/candidates.ts';
import { scriptOf, SHELLS } from '../../../src/client/completion/scripts.ts';
import { call } from '../call.ts';

const params = z.object({
  day: z.iso.date().describe('The day'),
  mode: z.enum(['full', 'delta']).optional(),
  dry: z.boolean().optional(),
  limits: z.object({ memory: z.string().optional() }).optional(),
});

const names: Names = {
  workflows: async () => [{ name: 'nightly', description: 'Loads a day.', params }, { name: 'pod' }],
  runs: async () => [{ value: 'nightly-1', description: 'running nightly' }, { value: 'pod-2' }],
  tasks: async (run) => [`orders-of-${run}`, 'report'],
  schedules: async () => ['every-night', 'weekly'],
};

function program(): Command {
  const root = new Command('temporal-pods');
  root
    .command('run <workflow> [args...]')
    .description('Start it.')
    .option('--id <workflowId>', 'its id')
    .option('-q', 'quiet');
  root.command('logs <id> [tasks...]').option('--since <time>', 'from then on');
  root
    .command('list')
    .addOption(new Option('--status <status>').choices(['running', 'failed']))
    .option('--workflow <name>');
  root.command('complete <line>', { hidden: true });
  const schedule = root.command('schedule').description('At their times.');
  schedule.command('create <name> <workflow> [args...]');
  schedule.command('show <name>');
  return root;
}

const offered = async (line: string) =>
  (await candidatesFor(program(), wordsOf(line).slice(1), names)).map(({ value }) => value);

suite('completion', () => {
  const rows: [law: string, line: string, offers: string[]][] = [
    ['commands, but no hidden ones', 'temporal-pods ', ['run', 'logs', 'list', 'schedule']],
    ['those that begin so', 'temporal-pods l', ['logs', 'list']],
    ['commands of a command', 'temporal-pods schedule ', ['create', 'show']],
    ['workflows', 'temporal-pods run n', ['nightly']],
    ['their parameters', 'temporal-pods run nightly d', ['day=', 'dry=']],
    ['a part of a parameter', 'temporal-pods run nightly limits', ['limits.memory=']],
    ['what a parameter may be', 'temporal-pods run nightly day=2026-11-01 mode=', ['mode=full', 'mode=delta']],
    ['true or false', 'temporal-pods run nightly dry=t', ['dry=true']],
    ['nothing where anything may stand', 'temporal-pods run nightly day=', []],
    ['no parameters where there is no schema', 'temporal-pods run pod ', []],
    ['parameters of a schedule’s workflow', 'temporal-pods schedule create new nightly mo', ['mode=']],
    ['no known name for a new schedule', 'temporal-pods schedule create ', []],
    ['schedules', 'temporal-pods schedule show w', ['weekly']],
    ['options', 'temporal-pods run nightly --', ['--id', '--help']],
    ['what an option may be', 'temporal-pods list --status ', ['running', 'failed']],
    ['names behind an option', 'temporal-pods list --workflow p', ['pod']],
    ['the value of an option is no argument', 'temporal-pods run --id x ', ['nightly', 'pod']],
    ['nothing for the id of a new run', 'temporal-pods run nightly --id ', []],
    ['runs', 'temporal-pods logs n', ['nightly-1']],
    ['tasks of a run, as many as one likes', 'temporal-pods logs pod-2 report ord', ['orders-of-pod-2']],
    ['quotes hold a word together', `temporal-pods run nightly 'day=a b' mo`, ['mode=']],
    ['nothing behind a word that is no command', 'temporal-pods nonsense ', []],
  ];
  for (const [law, line, offers] of rows) test(law, async () => assert.deepEqual(await offered(line), offers));

  test('every shell has its script', () => {
    for (const shell of SHELLS) assert.match(scriptOf(shell), /temporal-pods complete/);
  });

  test('bash completes a command, a parameter, and what stands behind its =', async () => {
    // Words as bash itself would take them apart.
    const said = await inBash(
      `
source <(temporal-pods completion bash)
compopt() { :; }
try() {
  COMP_LINE="$1" COMP_POINT=\${#1} COMP_WORDS=("\${@:2}"); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
  _temporal_pods; echo "\${COMPREPLY[*]}"
}
try 'temporal-pods sche' temporal-pods sche
try 'temporal-pods run modes mo' temporal-pods run modes mo
try 'temporal-pods run modes mode=' temporal-pods run modes mode =
try 'temporal-pods run modes mode=de' temporal-pods run modes mode = de
`,
      { TEMPORAL_PODS_WORKFLOWS: fileURLToPath(new URL('modes-workflow.ts', import.meta.url)) },
    );
    assert.deepEqual(said.trim().split('\n'), ['schedule', 'mode=', 'full delta', 'delta']);
  });
});

test('bash is given a name as text: nothing in it runs when the line is', async () => {
  const id = 'run-1$(echo ran >&2; echo ran)`echo ran`;x\'y"z';
  const said = await inBash(
    `
compopt() { :; }
source <(temporal-pods completion bash)
temporal-pods() { printf '%s\\t%s\\n' ${JSON.stringify(id).replaceAll('$', '\\$').replaceAll('`', '\\`')} about; }
COMP_LINE='temporal-pods show run' COMP_POINT=22 COMP_WORDS=(temporal-pods show run) COMP_CWORD=2
_temporal_pods
eval "set -- \${COMPREPLY[0]}"; printf '%s\\n' "$#" "$1"
`,
    {},
  );
  assert.equal(said, `1\n${id}\n`);
});

/** Runs a script in which `temporal-pods` is answered by the client in this process; what it prints. */
async function inBash(script: string, env: Record<string, string>): Promise<string> {
  const ask = `temporal-pods() { local IFS=$'\\x1f' said; printf '%s\\0' "$*" >&3; read -r -d '' said <&4; printf '%s' "$said"; }`;
  const bash = spawn('bash', ['-c', ask + script], { stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] });
  const [, stdout, , asked, answers] = bash.stdio as [null, Readable, null, Readable, Writable];
  const answering = (async () => {
    let words = '';
    for await (const chunk of asked.setEncoding('utf8') as AsyncIterable<string>) {
      words += chunk;
      if (!words.endsWith('\0')) continue;
      const { out } = await call(words.slice(0, -1).split('\x1f'), env);
      words = '';
      answers.write(`${out}\0`);
    }
  })();
  const [said] = await Promise.all([text(stdout), answering]);
  return said;
}
