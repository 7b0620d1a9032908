/** What is typed most is there at once: a command loads what it needs, and no more. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { allCommands, commandsNamed } from '../../src/client/commands/all.ts';
import { tellIfSlow } from '../../src/client/terminal/slow.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Of a process of its own: this one has loaded nearly everything. */
async function packagesOf(...args: readonly string[]): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', path('loaded-packages.ts'), ...args]);
  const [, names] = /\nloaded: (.*)\n$/.exec(stderr) ?? [];
  assert.ok(names !== undefined, stderr);
  return names.split(' ');
}

suite('what a command loads', { concurrency: 2 }, () => {
  for (const args of [['--help'], ['list', '--help'], ['complete', 'temporal-pods list --st'], ['completion', 'bash']])
    test(`\`${args.join(' ')}\` loads only what reads the command line`, async () => {
      const small = ['commander', 'ms'];
      const more = (await packagesOf(path('../../src/client.ts'), ...args)).filter((name) => !small.includes(name));
      assert.deepEqual(more, []);
    });

  test('`list` loads the client of Temporal, and neither its worker, a bundler nor the client of Kubernetes', async () => {
    const files = ['commands/list.ts', 'temporal/connection.ts', '../config/temporal.ts'];
    const imports = files.map(
      (file) => `import ${JSON.stringify(new URL(`../../src/client/${file}`, import.meta.url))};`,
    );
    const packages = await packagesOf('--input-type=module', '--eval', imports.join('\n'));
    assert.ok(packages.includes('@temporalio/client'));
    const heavy = ['@temporalio/worker', '@temporalio/workflow', '@kubernetes/client-node', 'webpack', 'yaml'];
    assert.deepEqual(
      heavy.filter((name) => packages.includes(name)),
      [],
    );
  });

  test('a command that is not loaded stands in the help as it would if it were', async () => {
    const [all, none] = [await allCommands(), await commandsNamed()];
    assert.equal(none.root.helpInformation(), all.root.helpInformation());
    const names = ({ root }: typeof all) => root.commands.map((command) => command.name());
    assert.deepEqual(names(none), names(all));
  });
});

suite('what takes longer than a person expects', () => {
  const said = async (work: () => Promise<void>, quietMs: number) => {
    let text = '';
    await tellIfSlow('bundling', work, { quietMs, stderr: { write: (words) => (text += String(words)) !== '' } });
    return text;
  };

  test('says what it is at', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    assert.equal(await said(async () => t.mock.timers.tick(1_000), 1_000), 'bundling\n');
  });

  test('says nothing when it has ended before', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const text = await said(async () => undefined, 1_000);
    t.mock.timers.tick(2_000);
    assert.equal(text, '');
  });
});
