/** Errors that nothing awaits or catches: an author's are told, the worker's own end it. In processes of their own: they end some. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CALLBACKS = `
Promise.reject(new Error('by the module'));
export default {
  careless: {
    async beforeCreate() {
      await 1;
      void (async () => { await 1; throw new Error('in an async function'); })();
    },
    onStart() { setTimeout(() => void Promise.reject(new Error('in a timer')), 1); },
    onEnd() { setTimeout(() => { throw new Error('thrown in a timer'); }, 1); },
    onLogLine() { fetch('http://127.0.0.1:1/'); },
    formatLine() { queueMicrotask(() => { throw new Error('thrown in a microtask'); }); return ''; },
  },
};`;

suite('an error that nothing awaits', { concurrency: 2 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faults-'));
    await writeFile(join(folder, 'callbacks.mjs'), CALLBACKS);
  });
  after(() => rm(folder, { recursive: true }));

  /** What a process says that watches for faults, and does this. */
  function watching(what: string): Promise<{ code: number; said: string[] }> {
    const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
    const program = `
      import { loadCallbacks } from ${source('config/callbacks.ts')};
      import { watchForFaults } from ${source('worker/faults.ts')};
      const say = (message) => console.log(message);
      watchForFaults({ error: say }).catch(({ message, exitCode }) => say('ends: ' + exitCode + ' ' + message));
      const { careless } = await loadCallbacks(${JSON.stringify(join(folder, 'callbacks.mjs'))});
      ${what};
      setTimeout(() => say('goes on'), 50);`;
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    return new Promise((resolve) =>
      execFile(process.execPath, ['--input-type=module', '--eval', program], { cwd }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), said: (out + err).trim().split('\n') }),
      ),
    );
  }

  test('and that is an author’s is told with the callback’s name, and the worker goes on', async () => {
    const { code, said } = await watching('for (const name in careless) await careless[name]()');
    const REJECTED = 'left behind a promise that nothing awaits and that was rejected:';
    const THROWN = 'left behind an exception that nothing caught:';
    assert.deepEqual(said.toSorted(), [
      `callback (the module itself) ${REJECTED} by the module`,
      `callback careless.beforeCreate ${REJECTED} in an async function`,
      `callback careless.formatLine ${THROWN} thrown in a microtask`,
      `callback careless.onEnd ${THROWN} thrown in a timer`,
      `callback careless.onLogLine ${REJECTED} fetch failed`,
      `callback careless.onStart ${REJECTED} in a timer`,
      'goes on',
    ]);
    assert.equal(code, 0);
  });

  test('and that is the worker’s own is a fault, also right after a callback: the first one ends it', async () => {
    const { code, said } = await watching(`
      await careless.formatLine();
      void Promise.reject(new TypeError('the first of our own'));
      setTimeout(() => { throw new Error('an exception'); });
      setTimeout(() => void Promise.reject(undefined));`);
    const faults = said.filter((line) => line.startsWith('this worker has a fault: '));
    assert.match(faults.join('\n'), /rejected: the first of our own\n.*caught: an exception\n.*undefined was thrown/);
    const ends = said.filter((line) => line.startsWith('ends: '));
    assert.equal(ends.length, 1);
    assert.match(ends[0] ?? '', /^ends: 3 a fault of the worker itself.*its pods live on.*the first of our own$/);
    assert.equal(code, 3);
  });
});
