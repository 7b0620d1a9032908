/**
 * Each node has a cgroup root of its own: with a shared one, two kubelets kill each other's pods as orphans. It also makes
 * what is left over easy to find and to remove.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './files.ts';
import type { Place } from './place.ts';

export const cgroupOf = (place: Place, node: number): string => `temporal-pods-${place.id}-${node}`;

/** Pure: where cgroup hierarchies are mounted, version 1 or 2. */
export const hierarchies = (mountinfo: string): string[] =>
  mountinfo
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');

const mounted = (): string[] => hierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));

const attempt = (work: () => void): void => {
  try {
    work();
  } catch {
    // a controller that this kernel lacks, or a file that this version has not
  }
};

export function makeCgroup(name: string): void {
  for (const root of mounted()) {
    const group = join(root, name);
    if (!existsSync(group)) mkdirSync(group);
    // Version 1: an empty cpuset accepts no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const value = readText(join(root, file));
      if (value !== undefined) attempt(() => writeFileSync(join(group, file), value));
    }
    // Version 2: children get only the controllers that their parents pass on.
    for (const directory of [root, group]) passOn(directory);
  }
}

function passOn(directory: string): void {
  for (const controller of (readText(join(directory, 'cgroup.controllers')) ?? '').trim().split(' ')) {
    if (controller !== '') attempt(() => writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`));
  }
}

/** Ours, in every hierarchy; one that is being used for something else cannot have this name. */
export const cgroups = (place: Place): string[] =>
  mounted().flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.startsWith(`temporal-pods-${place.id}-`))
      .map((name) => join(root, name)),
  );

const below = (group: string): string[] =>
  readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name));

/** Processes in a cgroup and all below it. */
export const members = (group: string): number[] => [
  ...(readText(join(group, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number),
  ...below(group).flatMap(members),
];

export function removeCgroup(group: string): void {
  attempt(() => below(group).forEach(removeCgroup));
  attempt(() => rmdirSync(group));
}
