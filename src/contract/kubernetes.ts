/**
 * Kubernetes' own types that an author's spec is made of. Each from its own file: the package's entry would bring its client, and all
 * that this is built of, into the types of every workflow.
 */
export type { V1EnvFromSource } from '@kubernetes/client-node/dist/gen/models/V1EnvFromSource.js' with {
  'resolution-mode': 'import',
};
export type { V1EnvVarSource } from '@kubernetes/client-node/dist/gen/models/V1EnvVarSource.js' with {
  'resolution-mode': 'import',
};
export type { V1ObjectMeta } from '@kubernetes/client-node/dist/gen/models/V1ObjectMeta.js' with {
  'resolution-mode': 'import',
};
export type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js' with { 'resolution-mode': 'import' };
export type { V1PodSpec } from '@kubernetes/client-node/dist/gen/models/V1PodSpec.js' with {
  'resolution-mode': 'import',
};
export type { V1Toleration } from '@kubernetes/client-node/dist/gen/models/V1Toleration.js' with {
  'resolution-mode': 'import',
};
export type { V1Volume } from '@kubernetes/client-node/dist/gen/models/V1Volume.js' with {
  'resolution-mode': 'import',
};
export type { V1VolumeMount } from '@kubernetes/client-node/dist/gen/models/V1VolumeMount.js' with {
  'resolution-mode': 'import',
};
