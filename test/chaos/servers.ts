/**
 * A stack of the campaign's own, beside the one that tests share: its servers may be ended at any moment. What has ended is started again
 * by `up`, the code that starts it for everybody.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { down } from '../../local/down.ts';
import { place } from '../../local/place.ts';
import { find, running, until } from '../../local/processes.ts';
import type { Stack } from '../../local/stack.ts';
import { status } from '../../local/status.ts';
import { up } from '../../local/up.ts';
import { cacheHome } from '../../src/config/local-stack.ts';

const NODES = 2;
const silent = (): void => undefined;

export class OwnStack {
  readonly stack: Stack;
  readonly #cache: string;
  readonly #before: string | undefined;
  /** One after another: `up` starts again whatever is down. */
  #last: Promise<void> = Promise.resolve();

  private constructor(stack: Stack, cache: string, before: string | undefined) {
    this.stack = stack;
    this.#cache = cache;
    this.#before = before;
  }

  /** @throws when nothing has been built yet, or Temporal is the user's own */
  static async open(say: (words: string) => void): Promise<OwnStack> {
    if (process.env.TEMPORAL_ADDRESS || process.env.TEMPORAL_PROFILE)
      throw new Error(
        '--restarts ends servers: it does that to no Temporal of yours (TEMPORAL_ADDRESS, TEMPORAL_PROFILE)',
      );
    const shared = cacheHome();
    if (!existsSync(join(shared, 'bin'))) throw new Error('--restarts needs what `npm run up` builds: run that first');
    const before = process.env.XDG_CACHE_HOME;
    const cache = mkdtempSync(join(tmpdir(), 'tp-'));
    process.env.XDG_CACHE_HOME = cache;
    mkdirSync(cacheHome());
    for (const name of ['bin', 'images']) symlinkSync(join(shared, name), join(cacheHome(), name));
    say(`a stack of its own; if this is killed, end it with: XDG_CACHE_HOME=${cache} npm run down -- --purge`);
    try {
      return new OwnStack(await up({ nodes: NODES, say: silent }), cache, before);
    } catch (error) {
      await new OwnStack({} as Stack, cache, before).close();
      throw error;
    }
  }

  /**
   * Ends the main process of a part, and starts it again.
   *
   * @param part as `local/status.ts` names it; `node-2` takes everything of that node along
   * @param away called when it has ended; it is started again when that resolves
   * @throws when it is not as well as before within a minute
   */
  restart(part: string, signal: 'SIGTERM' | 'SIGKILL', away: () => Promise<unknown>): Promise<void> {
    const mine = this.#last.then(() => this.#restart(part, signal, away));
    this.#last = mine.catch(silent);
    return mine;
  }

  async #restart(part: string, signal: 'SIGTERM' | 'SIGKILL', away: () => Promise<unknown>): Promise<void> {
    const { program, pid } = (await status()).processes.find((one) => one.part === part) ?? {};
    if (program === undefined || pid === undefined) throw new Error(`${part} does not run`);
    const runs = () => find(running(place()), part, program)?.pid === pid;
    process.kill(pid, signal);
    if (!(await until(() => !runs(), 20_000)) && runs()) process.kill(pid, 'SIGKILL');
    try {
      await away();
    } finally {
      await up({ nodes: NODES, say: silent });
    }
    for (let end = Date.now() + 60_000; !(await status()).up; await sleep(200))
      if (Date.now() > end)
        throw new Error(`${part} was restarted, and the stack is not well: ${JSON.stringify(await status())}`);
  }

  /** @throws when anything of it is left */
  async close(): Promise<void> {
    try {
      const left = await down({ purge: true, say: silent });
      if (left.length > 0) throw new Error(`of the campaign's own stack is left: ${left.join(', ')}`);
      rmSync(this.#cache, { recursive: true, force: true });
    } finally {
      if (this.#before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = this.#before;
    }
  }
}
