/** The lowest and the highest layer of a pod: what holds unless somebody says otherwise, and what the author said in plain fields. */
import type { V1Container, V1Pod, V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';
import type { Duration, PodSpec } from '../contract/index.ts';
import { DEFAULT_GRACE, DEFAULT_USER, mainContainerName } from '../contract/defaults.ts';
import { milliseconds } from '../common/duration.ts';
import { PATCH } from './kubernetes-types.ts';

/** What Pod Security `restricted` asks for, save where it contradicts what the layers above (`upper`) say: those stand. */
export function defaultsUnder(upper: V1Pod): unknown {
  const isWindows = upper.spec?.os?.name === 'windows';
  const restricted = (container: V1Container) => ({
    name: container.name,
    securityContext: isWindows ? {} : containerDefaults(container.securityContext ?? {}),
  });
  const { containers = [], initContainers = [] } = upper.spec ?? {};
  return {
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: seconds(DEFAULT_GRACE),
      securityContext: podDefaults(upper.spec?.securityContext ?? {}, isWindows),
      containers: containers.map(restricted),
      ...(initContainers.length > 0 && { initContainers: initContainers.map(restricted) }),
    },
  };
}

/** A pod for Windows may not have what only Linux knows. */
const podDefaults = ({ runAsUser }: V1PodSecurityContext, isWindows: boolean): V1PodSecurityContext => ({
  // Root is an answer to the question, and the kubelet would refuse both together.
  runAsNonRoot: runAsUser !== 0,
  ...(!isWindows && {
    runAsUser: DEFAULT_USER,
    runAsGroup: DEFAULT_USER,
    fsGroup: DEFAULT_USER,
    seccompProfile: { type: 'RuntimeDefault' },
  }),
});

const containerDefaults = ({ privileged, capabilities, runAsUser }: V1SecurityContext): V1SecurityContext => ({
  // The API server refuses it beside either of the two.
  ...(privileged === true || capabilities?.add?.includes('CAP_SYS_ADMIN') ? {} : { allowPrivilegeEscalation: false }),
  ...(runAsUser === 0 && { runAsNonRoot: false }),
  capabilities: { drop: ['ALL'] },
});

/** The spec's own fields as a layer. */
export function fieldsOf(spec: PodSpec): unknown {
  const { image, command, args, envFrom, imagePullPolicy, resources, volumeMounts } = spec;
  const { labels, annotations, nodeSelector, tolerations, volumes } = spec;
  return {
    metadata: { labels, annotations },
    spec: {
      nodeSelector,
      tolerations,
      volumes,
      imagePullSecrets: spec.imagePullSecrets?.map((name) => ({ name })),
      serviceAccountName: spec.serviceAccount,
      ...(spec.grace !== undefined && { terminationGracePeriodSeconds: seconds(spec.grace) }),
      containers: [
        {
          name: mainContainerName(spec),
          image,
          command,
          args,
          env: environment(spec.env),
          envFrom,
          imagePullPolicy,
          resources,
          volumeMounts,
        },
      ],
    },
  };
}

const seconds = (length: Duration): number => Math.ceil(milliseconds(length) / 1000);

const environment = (env: PodSpec['env']) =>
  env &&
  Object.entries(env).map(([name, value]) => {
    if (value === null) return { name, [PATCH]: 'delete' };
    return typeof value === 'string' ? { name, value } : { name, valueFrom: value };
  });
