/** spec and templates → manifest, pure: the layers one over the other, and over all of them what must hold. */
import type { V1Pod } from '@kubernetes/client-node';
import { mainContainerName } from '../contract/defaults.ts';
import type { PodSpec } from '../contract/index.ts';
import { isObject, typeFaults } from './kubernetes-types.ts';
import { defaultsUnder, fieldsOf } from './layers.ts';
import { MergeFault, mergeLayers } from './merge.ts';
import { mustHold, type ManifestContext } from './must-hold.ts';

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
  const layers = [...templates, { from: 'template', pod: spec.template }, { from: '', pod: fieldsOf(spec) }];
  const faults = layers.flatMap(({ from, pod }) => typeFaults(pod, 'V1Pod').map((fault) => at(from, fault, main)));
  if (faults.length > 0) throw new ManifestFault(faults.join('\n'));
  const upper = layers.reduce((below, layer) => over(below, layer, main), {} as V1Pod);
  return mustHold(mergeLayers([defaultsUnder(upper), ...layers.map(({ pod }) => oneName(pod))]), context, main);
}

/** Also takes the last directives out of what a callback made of a manifest. @throws ManifestFault */
export function cleanManifest(pod: V1Pod, from: string): V1Pod {
  const faults = typeFaults(pod, 'V1Pod').map((fault) => `${from}: ${fault}`);
  if (faults.length > 0) throw new ManifestFault(faults.join('\n'));
  return over({}, { from, pod }, '');
}

function over(below: V1Pod, { from, pod }: Layer, main: string): V1Pod {
  try {
    return mergeLayers([below, oneName(pod)]);
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
  from ? `${from}: ${fault}` : fault.replace(new RegExp(`^(spec|metadata)\\.(containers\\.${main}\\.)?`), '');
