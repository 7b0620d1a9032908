/**
 * How a worker starts small and quick. Nearly all of what it loads is loaded once, and what V8 takes for that it would keep for good.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { cacheFolder } from '../config/cache-folder.ts';

/** Call before anything large is imported. */
export function startLean(): void {
  // While it grows by 2, as by default, the garbage of loading makes the young generation 48 MiB.
  setFlagsFromString('--semi-space-growth-factor=1');
  const folder = cacheFolder('compiled');
  if (folder !== undefined) enableCompileCache(folder);
}

/** Call when all is loaded: what comes now needs room. */
export function endLeanStart(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  // By itself it is written at the end of the process, which a worker may not live to see.
  setImmediate(flushCompileCache);
}
