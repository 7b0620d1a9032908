/** What a worker and a client are told by their environment. */
export { mustStore } from './files.ts';
export { kubernetesConfig, type KubernetesConfig } from './kubernetes.ts';
export { runUrl, temporalConfig, type TemporalConfig } from './temporal.ts';
export { workerConfig, workerFiles, type WorkerConfig } from './worker.ts';
export { workflowsModule, type WorkflowsModule } from './workflows-module.ts';
