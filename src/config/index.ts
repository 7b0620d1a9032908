/** What a worker and a client are told by their environment. */
export { kubernetesConfig, type KubernetesConfig } from './kubernetes.ts';
export { runUrl, temporalConfig, type TemporalConfig } from './temporal.ts';
export { workerFiles } from './worker-files.ts';
export { workflowsModule, type WorkflowsModule } from './workflows.ts';
