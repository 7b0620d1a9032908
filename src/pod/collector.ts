/**
 * Hands over a result file without any right to `exec`: a native sidecar shares the folder with the main container. When all plain
 * containers have ended, the kubelet stops it (SIGTERM); it then looks for the file and prints it, framed, to its own log. A plain
 * container that outlives the main one would hold that up: then the collector is asked by an annotation, which it sees as a file.
 */
import { posix } from 'node:path';
import type {
  V1Container,
  V1EnvVar,
  V1Pod,
  V1PodSpec,
  V1SecurityContext,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { DEFAULT_USER, MAX_RESULT_BYTES } from '../contract/defaults.ts';

/** Name of the collector and of its volume. Its log is no log of the pod. */
export const COLLECTOR = 'temporal-pods-result';
/** Begins each line of the collector's log that is a word of its own. */
export const FRAME = '::temporal-pods-result::';
/** Set on a pod whose main container has ended, while others have not. */
export const COLLECT_NOW = 'temporal-pods/collect';

export interface CollectorOptions {
  /** Name of the main container. */
  main: string;
  /** `result.path`, absolute. */
  path: string;
  image: string;
}

/** Where the collector sees the folder: never a place that its own image needs. */
const MOUNTED_AT = '/temporal-pods-result';
const ASKED: V1Volume = {
  name: 'temporal-pods-collect',
  downwardAPI: { items: [{ path: 'now', fieldRef: { fieldPath: `metadata.annotations['${COLLECT_NOW}']` } }] },
};
const ASKED_AT = '/temporal-pods-collect';

/**
 * `$1`: the file, `$2`: bytes at most, `$3`: its volume, outside of which a link would lead to a file of this image. Tells the size before it reads, so that nobody's gigabyte goes through a log. Never ends
 * unless it is stopped: it would be started again, with an empty log. A stop in the middle of a frame gives a second, whole one.
 */
const COLLECT = `
say() { echo "${FRAME} $*"; }
collect() {
  if [ -L "$1" ] && [ ! -e "$1" ]; then say dangling; return; fi
  if [ ! -e "$1" ]; then say missing; return; fi
  case \`readlink -f "$1"\` in "$3" | "$3"/*) ;; *) say dangling; return ;; esac
  if [ ! -f "$1" ]; then say irregular; return; fi
  if [ ! -r "$1" ]; then say unreadable; return; fi
  bytes=\`stat -L -c %s "$1"\` || { say unreadable; return; }
  if [ "$bytes" -gt "$2" ]; then say large "$bytes"; return; fi
  sum=\`sha256sum < "$1"\`
  say begin "$bytes" "\${sum%% *}"
  head -c "$bytes" < "$1" | base64
  say end
}
told=
trap '[ "$told" ] || collect "$1" "$2" "$3"; exit 0' TERM
while [ ! -s ${ASKED_AT}/now ]; do sleep 1 & wait $!; done
collect "$1" "$2" "$3"
told=yes
while :; do sleep 3600 & wait $!; done
`;

/**
 * The pod with the collector in it, and with a folder for the file unless the main container has a volume there already. An init
 * container of the collector's name in the template may set its image, resources and security context.
 */
export function withCollector(pod: V1Pod, options: CollectorOptions): V1Pod {
  const spec = pod.spec;
  const main = spec?.containers.find(({ name }) => name === options.main);
  if (!spec || !main) return pod;
  const path = posix.normalize(options.path);
  const own = deepestOver(path, main.volumeMounts ?? []);
  const mount: V1VolumeMount = own ?? { name: COLLECTOR, mountPath: posix.dirname(path) };
  const [mine, others] = partition(spec.initContainers ?? [], ({ name }) => name === COLLECTOR);
  return {
    ...pod,
    spec: {
      ...spec,
      ...(!own && {
        containers: spec.containers.map((container) =>
          container === main ? { ...main, volumeMounts: [...(main.volumeMounts ?? []), mount] } : container,
        ),
      }),
      volumes: [...(spec.volumes ?? []), ...(own ? [] : [{ name: COLLECTOR, emptyDir: {} }]), ASKED],
      // The last one: sidecars are stopped in reverse order, and one that is slow to end must not use up the grace of this one.
      initContainers: [...others, collector(spec, main, mount, { ...options, path }, mine[0])],
    },
  };
}

function collector(
  spec: V1PodSpec,
  main: V1Container,
  mount: V1VolumeMount,
  { path, image }: CollectorOptions,
  template: Partial<V1Container> = {},
): V1Container {
  const file = `${MOUNTED_AT}${path.slice(folderOf(mount).length)}`;
  const env = envOf(mount, main.env ?? []);
  return {
    image,
    // Equal, so that a pod of the class Guaranteed stays one.
    resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '50m', memory: '32Mi' } },
    ...template,
    name: COLLECTOR,
    restartPolicy: 'Always',
    // Kubernetes reads `$(NAME)` and `$$` in arguments; the script has none of them, a path might.
    command: ['sh', '-c', COLLECT, 'collector', file.replaceAll('$', '$$$$'), String(MAX_RESULT_BYTES), MOUNTED_AT],
    ...(env.length > 0 && { env }),
    volumeMounts: [
      {
        name: mount.name,
        mountPath: MOUNTED_AT,
        readOnly: true,
        ...(mount.subPath !== undefined && { subPath: mount.subPath }),
        ...(mount.subPathExpr !== undefined && { subPathExpr: mount.subPathExpr }),
      },
      { name: ASKED.name, mountPath: ASKED_AT, readOnly: true },
    ],
    securityContext: { ...restricted(spec, main), ...template.securityContext },
  };
}

/** As the user of the main container, where the manifest says which that is: its file may be for that user only. */
function restricted(spec: V1PodSpec, { securityContext: main = {} }: V1Container): V1SecurityContext {
  const {
    runAsUser = spec.securityContext?.runAsUser ?? DEFAULT_USER,
    runAsGroup,
    runAsNonRoot,
    seLinuxOptions,
  } = main;
  return {
    runAsUser,
    ...(runAsGroup !== undefined && { runAsGroup }),
    runAsNonRoot: runAsNonRoot ?? runAsUser !== 0,
    ...(seLinuxOptions && { seLinuxOptions }),
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

const deepestOver = (path: string, mounts: readonly V1VolumeMount[]): V1VolumeMount | undefined =>
  mounts
    .filter((mount) => path === folderOf(mount) || path.startsWith(`${folderOf(mount)}/`))
    .toSorted((a, b) => folderOf(b).length - folderOf(a).length)[0];

const folderOf = ({ mountPath }: V1VolumeMount): string => posix.normalize(mountPath).replace(/\/+$/, '');

/** The variables that the mount's `subPathExpr` is made of. */
const envOf = ({ subPathExpr = '' }: V1VolumeMount, env: readonly V1EnvVar[]): V1EnvVar[] =>
  env.filter(({ name }) => subPathExpr.includes(`$(${name})`));

const partition = <T>(items: readonly T[], is: (item: T) => boolean): [T[], T[]] => [
  items.filter(is),
  items.filter((item) => !is(item)),
];
