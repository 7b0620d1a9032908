/**
 * Loaded into a worker's process before the worker: what is written to its log store meets a disk that is full, slow or read-only for as
 * long as the campaign says. (File modes stop no root user, and a disk of its own needs rights that nobody has in CI.)
 */
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

export type DiskMode = 'well' | 'full' | 'slow' | 'read-only';

let mode = 'well' as DiskMode;
const store = process.env.TEMPORAL_PODS_LOG_DIR ?? '/nowhere';

const refusal = (code: 'ENOSPC' | 'EROFS', words: string) => Object.assign(new Error(`${code}: ${words}`), { code });

/** @throws as the disk does */
async function meet(): Promise<void> {
  if (mode === 'well') return;
  process.send?.({ met: mode });
  if (mode === 'full') throw refusal('ENOSPC', 'no space left on device, write');
  if (mode === 'read-only') throw refusal('EROFS', 'read-only file system, open');
  await sleep(1_000);
}

type Work = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function withDisk(object: Record<string, unknown>, name: string, isOurs: (args: unknown[]) => boolean): void {
  const work = object[name] as Work;
  object[name] = async function (this: unknown, ...args: unknown[]) {
    if (isOurs(args)) await meet();
    return work.apply(this, args);
  };
}

const any = await files.open('/dev/null', 'r');
// Only the log store writes through open files.
withDisk(Object.getPrototypeOf(any) as FileHandle & Record<string, unknown>, 'write', () => true);
await any.close();
const isInStore = ([path]: unknown[]) => String(path).startsWith(store);
for (const name of ['writeFile', 'link', 'mkdir']) withDisk(files, name, isInStore);
syncBuiltinESMExports();

process.on('message', (message: { disk?: DiskMode }) => {
  if (message.disk) mode = message.disk;
});
// Whoever started this worker is gone: nobody else would end it.
process.on('disconnect', () => process.exit(1));
// It keeps no worker from its end.
process.channel?.unref();
