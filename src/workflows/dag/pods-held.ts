import { defineSignal } from '@temporalio/workflow';

/** From a DAG to the chunks that it runs as children: hold new pods, or release them, as it does itself. */
export const podsHeld = defineSignal<[held: boolean]>('podsHeld');
