/** What a worker and a client are told by their environment. */
export { mustStore } from './files.ts';
export { kubernetesConfig, type KubernetesConfig } from './kubernetes.ts';
export { podsConfig, type PodsConfig } from './pods.ts';
export type { TemporalPodsOptions } from './pods-options.ts';
export { runUrl, temporalConfig, type TemporalConfig } from './temporal.ts';
export { workerConfig, workerFiles, type WorkerConfig } from './worker.ts';
export { workflowsModule, type WorkflowsModule } from './workflows-module.ts';
