/**
 * Bundles of workflows, kept by what they were made of. The names of the files that went into one are only known when it is made, so
 * they are kept beside it, each with its content's hash; a bundle whose files are all what they were is still the right one.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isOurs } from '../config/cache-folder.ts';

/** What a bundle was made of. */
export interface Sources {
  /** SHA-256 of each file's content, by its path. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths that were looked for in vain: a file there would have been taken instead. */
  readonly missing: readonly string[];
}

/** So many are kept, the latest: each has some 2 MB. */
const MOST = 16;
const ENDING = '.bundle';

const header = z.object({
  code: z.string(),
  sources: z.object({ files: z.record(z.string(), z.string()), missing: z.array(z.string()) }),
});

/** @param name of what the bundle is for */
export const bundleName = (...name: readonly string[]): string => sha256(JSON.stringify(name)).slice(0, 32);

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** The code of a bundle that is still right. Undefined: there is none, or it is not whole, not ours, or made of something else. */
export async function keptBundle(folder: string, name: string): Promise<string | undefined> {
  try {
    const text = await readOurs(join(folder, name + ENDING));
    const end = text.indexOf('\n');
    const { code: sum, sources } = header.parse(JSON.parse(text.slice(0, end)));
    const code = text.slice(end + 1);
    return sha256(code) === sum && (await areStill(sources)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. That it cannot be kept is no failure. */
export async function keepBundle(folder: string, name: string, code: string, sources: Sources): Promise<void> {
  const path = join(folder, name + ENDING);
  const part = join(folder, `.${randomUUID()}`);
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ code: sha256(code), sources })}\n${code}`);
    } finally {
      await file.close();
    }
    await rename(part, path);
    await forgetOldest(folder);
  } catch {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

/**
 * @param files paths of those that a bundle was made of
 * @param startedAt ms since the epoch
 * @returns undefined when one of them has changed since then: the bundle may have the one content or the other
 */
export async function sourcesOf(
  files: Iterable<string>,
  missing: Iterable<string>,
  startedAt: number,
): Promise<Sources | undefined> {
  const all = await Promise.all(
    [...files].map(async (path) => {
      const sum = await sumOf(path);
      const found = await stat(path);
      return found.isFile() && found.mtimeMs > startedAt ? undefined : ([path, sum] as const);
    }),
  );
  const known = all.filter((file) => file !== undefined);
  return known.length === all.length ? { files: Object.fromEntries(known), missing: [...missing] } : undefined;
}

async function areStill({ files, missing }: Sources): Promise<boolean> {
  const same = Object.entries(files).map(async ([path, sum]) => (await sumOf(path)) === sum);
  const absent = missing.map((path) =>
    access(path).then(
      () => false,
      () => true,
    ),
  );
  return (await Promise.all([...same, ...absent])).every(Boolean);
}

/** Of a folder: where it really is, since a bundler looks for packages through links. */
const sumOf = async (path: string): Promise<string> =>
  sha256((await stat(path)).isDirectory() ? await realpath(path) : await readFile(path));

async function readOurs(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const found = await file.stat();
    if (!found.isFile() || !isOurs(found)) throw new Error('it is not ours');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function forgetOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING));
  if (names.length <= MOST) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(MOST)) await rm(join(folder, name), { force: true });
}
