/** The collector's script as it is, run by the shell of this machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { withCollector } from '../../../src/pod/collector.ts';
import { parseFrame } from '../../../src/activities/result/from-file.ts';

/** What it says of `out.json` in a volume that was filled like this. */
async function collected(fill: (volume: string) => Promise<unknown>, path = 'out.json') {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'collect-')));
  try {
    const volume = join(root, 'volume');
    await mkdir(volume);
    await writeFile(join(root, 'secret.json'), '"of the image"');
    await fill(volume);
    // It is asked already.
    await mkdir(join(root, 'asked'));
    await writeFile(join(root, 'asked', 'now'), 'now');
    const main = { name: 'base', volumeMounts: [{ name: 'own', mountPath: '/result' }] };
    const made = withCollector({ spec: { containers: [main] } }, { main: 'base', path: `/result/${path}`, image: 'i' });
    const [command = '', ...args] = made.spec?.initContainers?.[0]?.command ?? [];
    const here = args.map((arg) =>
      arg.replace(/^\/temporal-pods-result/, volume).replaceAll('/temporal-pods-collect', join(root, 'asked')),
    );
    // A group of its own: it never ends by itself, and what it waits for is a child.
    const script = spawn(command, here, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const lines: string[] = [];
    for await (const line of createInterface(script.stdout)) {
      lines.push(line);
      const found = parseFrame(lines, `/result/${path}`);
      if (!found) continue;
      process.kill(-(script.pid ?? NaN), 'SIGKILL');
      return found;
    }
    throw new Error(`it ended: ${lines.join('\n')}`);
  } finally {
    await rm(root, { recursive: true });
  }
}

const isOutside = (found: Awaited<ReturnType<typeof collected>>) => {
  assert.ok(found?.found === 'trouble' && found.kind === 'ResultInvalid', JSON.stringify(found));
  assert.match(found.message, /symbolic link to a place outside of its volume/);
};

suite('what the collector hands over', { concurrency: 4 }, () => {
  test('a file', async () => {
    const found = await collected((volume) => writeFile(join(volume, 'out.json'), '[1]\n'));
    assert.deepEqual(found, { found: 'text', text: '[1]\n' });
  });

  test('nothing where there is none', async () => {
    assert.equal((await collected(() => Promise.resolve()))?.found, 'nothing');
  });

  test('the file that a relative link in the volume leads to', async () => {
    const found = await collected(async (volume) => {
      await mkdir(join(volume, 'runs'));
      await writeFile(join(volume, 'runs', '1.json'), '1');
      await symlink('runs/1.json', join(volume, 'out.json'));
    });
    assert.deepEqual(found, { found: 'text', text: '1' });
  });

  test('no file of its own image, though a link leads there', async () => {
    isOutside(await collected((volume) => symlink(join(volume, '../secret.json'), join(volume, 'out.json'))));
    isOutside(await collected((volume) => symlink('../secret.json', join(volume, 'out.json'))));
    isOutside(await collected((volume) => symlink('/proc/sys/kernel/pid_max', join(volume, 'out.json'))));
  });

  test('nor through a link for a folder', async () => {
    isOutside(await collected((volume) => symlink('..', join(volume, 'day')), 'day/secret.json'));
  });

  test('no file of a folder whose name only begins like that of the volume', async () => {
    isOutside(
      await collected(async (volume) => {
        await mkdir(`${volume}-2`);
        await writeFile(`${volume}-2/x.json`, '1');
        await symlink('../volume-2/x.json', join(volume, 'out.json'));
      }),
    );
  });

  test('no link that leads nowhere, and no folder', async () => {
    isOutside(await collected((volume) => symlink('/nowhere', join(volume, 'out.json'))));
    const folder = await collected((volume) => mkdir(join(volume, 'out.json')));
    assert.ok(folder?.found === 'trouble' && /not a regular file/.test(folder.message));
  });
});
