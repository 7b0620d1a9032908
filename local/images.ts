/**
 * The three images of our own cluster, which can pull nothing. They have names of our own, never an official image's: what is
 * inside is busybox and Debian's Python. Made once, then imported from one archive.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { architecture, type Image, writeArchive } from './archive.ts';
import type { Say } from './progress.ts';
import { locate } from './packages.ts';
import type { Place } from './place.ts';
import { Problem } from '../src/common/problem.ts';
import { run } from './run.ts';

export const IMAGES = {
  shell: 'localhost/temporal-pods/shell:1',
  python: 'localhost/temporal-pods/python:1',
} as const;

export const PAUSE_IMAGE = 'localhost/temporal-pods/pause:1';

/** Raised when what goes into the images changes. */
const RECIPE = 1;

const archivePath = (place: Place): string => join(place.images, `images-${RECIPE}-${architecture}.tar`);

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\nuser:x:65532:65532:user:/tmp:/bin/sh\n';
const GROUP = 'root:x:0:\nnogroup:x:65534:\nuser:x:65532:\n';

/** Busybox under every name it answers to, except where a real program has that name already. */
async function shellRoot(root: string): Promise<void> {
  for (const directory of ['bin', 'etc', 'root', 'tmp', 'usr/bin', 'var/tmp'])
    mkdirSync(join(root, directory), { recursive: true });
  for (const directory of ['tmp', 'var/tmp']) chmodSync(join(root, directory), 0o1777);
  const busybox = locate('busybox');
  if (busybox === undefined) throw new Problem('busybox is missing: apt-get install busybox-static');
  copyFileSync(busybox, join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  await run('chroot', [root, '/bin/busybox', 'true']).catch((error: unknown) => {
    throw new Problem('busybox is not a static one: apt-get install busybox-static', 3, error);
  });
  const applets = (await run(join(root, 'bin/busybox'), ['--list']))
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  for (const name of applets) {
    if (['bin', 'usr/bin'].every((directory) => !existsSync(join(root, directory, name))))
      symlinkSync('busybox', join(root, 'bin', name));
  }
  writeFileSync(join(root, 'etc/passwd'), PASSWD);
  writeFileSync(join(root, 'etc/group'), GROUP);
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}

/** What Python needs to run, without what Debian needs to administer it. */
const NOT_IN_AN_IMAGE =
  /^(dpkg|tar|perl|perl-base|debconf.*|cdebconf.*|readline-common|install-info|libpam.*|passwd|adduser|sensible-utils|gcc-.*-base)$/;

async function pythonPackages(): Promise<string[]> {
  const no = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const listed = await run('apt-cache', ['depends', '--recurse', '--important', ...no, 'python3']);
  const names = listed
    .split('\n')
    .filter((line) => /^[a-z0-9]/.test(line))
    .map((line) => line.trim());
  return [...new Set(names)].filter((name) => !name.includes(':') && !NOT_IN_AN_IMAGE.test(name));
}

async function pythonRoot(root: string, downloads: string): Promise<void> {
  mkdirSync(downloads, { recursive: true });
  mkdirSync(root, { recursive: true });
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...(await pythonPackages())], { cwd: downloads });
  for (const file of readdirSync(downloads)) await run('dpkg-deb', ['-x', join(downloads, file), root]);
  for (const ballast of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian']) {
    rmSync(join(root, ballast), { recursive: true, force: true });
  }
  symlinkSync('python3', join(root, 'usr/bin/python'));
  await shellRoot(root);
  await run('chroot', [root, 'python', '-c', 'import json, ssl, sqlite3, subprocess']);
}

/** A sandbox's first process: does nothing, and buries orphans when a pod shares its process namespace. */
const PAUSE = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 86400 & wait $!; done'];

async function makeImages(place: Place): Promise<void> {
  mkdirSync(place.images, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(place.images, 'work-'));
  try {
    const [shell, python] = [join(work, 'shell'), join(work, 'python')];
    await shellRoot(shell);
    await pythonRoot(python, join(work, 'packages'));
    const images: Image[] = [
      { name: IMAGES.shell, root: shell, config: { Cmd: ['/bin/sh'] } },
      { name: PAUSE_IMAGE, root: shell, config: { Entrypoint: PAUSE } },
      { name: IMAGES.python, root: python, config: { Cmd: ['python'] } },
    ];
    await writeArchive(archivePath(place), work, images);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The archive with all images; made when it is not there yet. */
export async function ensureImages(place: Place, say: Say): Promise<string> {
  const archive = archivePath(place);
  if (existsSync(archive)) return archive;
  say('making the images (busybox, Python)');
  await makeImages(place);
  return archive;
}
