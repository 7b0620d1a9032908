import { defineSignal } from '@temporalio/workflow';

/** From a DAG to the chunks that it runs as children: pause new pods, or resume them, as it does itself. */
export const podsPaused = defineSignal<[paused: boolean]>('podsPaused');
