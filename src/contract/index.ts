/**
 * The types that cross a boundary: workflow ↔ activity ↔ client. No code here, so that the workflow sandbox, Node's type
 * stripping and the client can all import this file.
 */
export type * from './callbacks.ts';
export type * from './calls.ts';
export type * from './outcome.ts';
export type * from './record.ts';
export type * from './spec.ts';
