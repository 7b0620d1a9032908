/**
 * The recipes of docs/recipes.md as workflows: a worker with TEMPORAL_PODS_WORKFLOWS=src/workflows/examples/index.ts runs them. Each
 * is made to be copied.
 */
export * from '../built-in.ts';
export { alertWhenLate } from './alert.ts';
export { approval } from './approval.ts';
export { bigData } from './big-data.ts';
export { branch } from './branch.ts';
export { cacheEntry, useCache } from './cache.ts';
export { catchFailure } from './catch-failure.ts';
export { loadWarehouse, mutex, pool, train } from './exclusive.ts';
export { withTeardown } from './finally.ts';
export { mapMany, mapping, squareChunk } from './mapping.ts';
export { moreMemoryNextTry } from './more-memory.ts';
export { incremental, latestOnly } from './past.ts';
export { sensor, waitForFile } from './sensor.ts';
export { shortCircuit } from './short-circuit.ts';
export { regionDag, subDag } from './sub-dag.ts';
export { taskGroups } from './task-group.ts';
export { timeouts } from './timeouts.ts';
export { triggerRules } from './trigger-rules.ts';
