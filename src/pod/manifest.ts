/** spec and templates → manifest, pure: the layers one over the other, and over all of them the invariants. */
import type { V1Pod, V1Container, V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';
import { mainContainerName, DEFAULT_GRACE, DEFAULT_USER } from '../contract/defaults.ts';
import type { PodSpec, Duration } from '../contract/index.ts';
import { milliseconds } from '../common/duration.ts';
import { isObject } from '../common/is-object.ts';
import { firstFaults } from '../common/issue-text.ts';
import { typeFaults, PATCH } from './kubernetes-types.ts';
import { MergeFault, mergeLayers, mergeOver } from './merge.ts';
import { withInvariants, type ManifestContext } from './invariants.ts';

/** Message: one line a fault, each with the layer it is in, path and value. */
export class ManifestFault extends Error {}

/** A partial pod, and how a message calls it. */
export interface Layer {
  from: string;
  pod: unknown;
}

/**
 * @param templates the layers between the built-in defaults and `spec.template`, the lowest first
 * @throws ManifestFault
 */
export function podManifest(spec: PodSpec, context: ManifestContext, templates: readonly Layer[] = []): V1Pod {
  const main = mainContainerName(spec);
  const layers = [...templates, { from: 'template', pod: spec.template }, { from: '', pod: fieldsLayer(spec) }];
  mustBeUnderstood(layers, main);
  const upper = layers.reduce((below, layer) => over(below, layer, main), {} as V1Pod);
  return withInvariants(mergeLayers([defaultsUnder(upper), ...layers.map(({ pod }) => oneName(pod))]), context, main);
}

/** Also takes the last directives out of what a callback made of a manifest. @throws ManifestFault */
export function cleanManifest(pod: V1Pod, from: string): V1Pod {
  mustBeUnderstood([{ from, pod }], '');
  return over({}, { from, pod }, '');
}

function mustBeUnderstood(layers: readonly Layer[], main: string): void {
  const all = function* () {
    for (const { from, pod } of layers) for (const fault of typeFaults(pod, 'V1Pod')) yield at(from, fault, main);
  };
  const faults = firstFaults(all());
  if (faults.length > 0) throw new ManifestFault(faults.join('\n'));
}

function over(below: V1Pod, { from, pod }: Layer, main: string): V1Pod {
  try {
    return mergeOver(below, oneName(pod));
  } catch (error) {
    throw error instanceof MergeFault ? new ManifestFault(at(from, error.message, main)) : error;
  }
}

/** `serviceAccount` is the older name of `serviceAccountName`; side by side, the lower layer's could win. */
function oneName(pod: unknown): unknown {
  if (!isObject(pod) || !isObject(pod['spec']) || pod['spec']['serviceAccount'] === undefined) return pod;
  const { serviceAccount, ...spec } = pod['spec'];
  return { ...pod, spec: { serviceAccountName: serviceAccount, ...spec } };
}

/** A fault of the plain fields (`from` is empty) is called by the field, not by where it goes in a pod. */
const at = (from: string, fault: string, main: string) =>
  from ? `${from}: ${fault}` : fault.replace(new RegExp(`^(spec|metadata)\\.(containers\\[${main}\\]\\.)?`), '');

/** The lowest layer: what Pod Security `restricted` asks for, save where it contradicts what the layers above (`upper`) say: those stand. */
function defaultsUnder(upper: V1Pod): unknown {
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

/** The highest layer: the spec's own fields. */
function fieldsLayer(spec: PodSpec): unknown {
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
