/** What two sides must agree on: workflow ↔ activity ↔ client. Types, and constants that the workflow sandbox can load. */
export * from './callbacks.ts';
export type * from './calls.ts';
export type * from './dag.ts';
export * from './names.ts';
export * from './outcome.ts';
export type * from './record.ts';
export type * from './spec.ts';
export * from './timers.ts';
