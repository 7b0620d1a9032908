/**
 * What is built from Go modules, and how. Versions stand in go.mod only (go.sum pins all the rest); the stamps are read from
 * there, since Kubernetes' parts refuse each other without them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Binary = { name: string; package: string; weight: number };

export type GoModule = {
  name: string;
  directory: string;
  binaries: readonly Binary[];
  stamps: (goMod: string) => string[];
};

/** The version that a go.mod requires of a module, as in `v1.34.4`. */
export function required(goMod: string, module: string): string {
  const found = new RegExp(`^\\s*(?:require\\s+)?${module.replaceAll('.', '\\.')}\\s+(v\\S+)`, 'm').exec(goMod)?.[1];
  if (found === undefined) throw new Error(`go.mod does not require ${module}`);
  return found;
}

const kubernetesCommand = (name: string, weight: number): Binary => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  weight,
});

export const temporalModule: GoModule = {
  name: 'Temporal',
  directory: join(import.meta.dirname, 'go/temporal'),
  binaries: [{ name: 'temporal', package: 'github.com/temporalio/cli/cmd/temporal', weight: 147 }],
  stamps: (goMod) => [
    `github.com/temporalio/cli/temporalcli.Version=${required(goMod, 'github.com/temporalio/cli').slice(1)}`,
  ],
};

export const kubernetesModule: GoModule = {
  name: 'Kubernetes',
  directory: join(import.meta.dirname, 'go/kubernetes'),
  binaries: [
    kubernetesCommand('kube-apiserver', 178),
    kubernetesCommand('kubelet', 43),
    kubernetesCommand('kube-controller-manager', 26),
    kubernetesCommand('kube-scheduler', 4),
    { name: 'etcd', package: 'go.etcd.io/etcd/server/v3', weight: 10 },
    kubernetesCommand('kubectl', 22),
  ],
  stamps: (goMod) => {
    const version = required(goMod, 'k8s.io/kubernetes');
    const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
    return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
      `${path}.gitVersion=${version}`,
      `${path}.gitMajor=${major}`,
      `${path}.gitMinor=${minor}`,
    ]);
  },
};

/** Without debug information (`-dwarf=false`) the compiler does a third less work. */
export const buildFlags = (stamps: readonly string[]): string[] => [
  '-trimpath',
  '-buildvcs=false',
  '-gcflags=all=-dwarf=false',
  `-ldflags=-s -w ${stamps.map((stamp) => `-X ${stamp}`).join(' ')}`,
];

/** Names the folder of finished binaries: other sources or flags, another folder. */
export function buildKey(goMod: string, goSum: string, flags: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [goMod, goSum, ...flags]) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 16);
}

export function recipe(module: GoModule): { key: string; flags: string[]; goVersion: string } {
  const goMod = readFileSync(join(module.directory, 'go.mod'), 'utf8');
  const goSum = readFileSync(join(module.directory, 'go.sum'), 'utf8');
  const flags = buildFlags(module.stamps(goMod));
  return { key: buildKey(goMod, goSum, flags), flags, goVersion: /^go (\S+)/m.exec(goMod)?.[1] ?? '1.24' };
}
