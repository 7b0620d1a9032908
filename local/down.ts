/** `npm run down`: ends what `up` started, and nothing else; also after a crash or a reboot. Says what it could not remove. */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cgroups, members, removeCgroup } from './cgroups.ts';
import { isKubernetes } from './cluster.ts';
import { leftovers, mounts } from './leftovers.ts';
import { withLock } from './lock.ts';
import { removeMountPoints } from './namespace.ts';
import { place as placeOf, type Place } from './place.ts';
import { main } from '../src/common/problem.ts';
import { end, until } from './processes.ts';
import { toStandardError, type Say } from './progress.ts';
import { run } from './run.ts';
import { forgetStack } from './stack.ts';
import { readState } from './state.ts';

export type DownOptions = {
  /** Also Temporal's database: without it, histories are there again after the next `up`. */
  purge?: boolean | undefined;
  say?: Say | undefined;
};

/** A node's holder takes everything of the node with it, so nothing is asked to go; only Temporal closes its database. */
async function endProcesses(place: Place): Promise<void> {
  await Promise.all([
    end(place, ({ part }) => isKubernetes(part), 0),
    end(place, ({ part }) => !isKubernetes(part), 5_000),
  ]);
}

async function removeCgroups(place: Place): Promise<void> {
  await until(() => cgroups(place).flatMap(members).length === 0, 5_000);
  await until(() => {
    cgroups(place).forEach(removeCgroup);
    return cgroups(place).length === 0;
  }, 5_000);
}

/** What is left of the stack afterwards: an empty list, or what a person must look at. */
export async function down({ purge = false, say = toStandardError }: DownOptions = {}): Promise<string[]> {
  const place = placeOf();
  return withLock(place.lock, say, async () => {
    const subnets = readState(place).kubernetes?.nodes.map(({ subnet }) => subnet) ?? [];
    forgetStack();
    await endProcesses(place);
    if (process.platform === 'linux') {
      await removeCgroups(place);
      for (const path of mounts(place).reverse()) await run('umount', ['-l', path]).catch(() => undefined);
      removeMountPoints(place);
    }
    // Deleting through a mount that did not go would delete what is mounted there.
    if (mounts(place).length === 0) rmSync(place.run, { recursive: true, force: true, maxRetries: 3 });
    if (purge) for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(place.database + suffix, { force: true });
    await until(async () => (await leftovers(place, subnets)).length === 0, 3_000);
    return leftovers(place, subnets);
  });
}

const HELP = `Usage: npm run down -- [--purge]

Ends the Temporal and the Kubernetes that npm run up started. Yours are left alone.
  --purge  also delete Temporal's database (kept otherwise, so that histories stay readable)
  --debug  show where an error came from`;

async function command(): Promise<number> {
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({ options: { purge: flag, debug: flag, help: { ...flag, short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const began = Date.now();
  const left = await down({ purge: values.purge });
  if (left.length === 0) {
    console.log(`down in ${((Date.now() - began) / 1000).toFixed(1)} s, nothing left`);
    return 0;
  }
  console.error(`temporal-pods: still there, end or remove it by hand:\n  ${left.join('\n  ')}`);
  return 1;
}

if (import.meta.main) await main(command);
