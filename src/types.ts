/**
 * The types that cross a boundary: workflow ↔ activity ↔ client. No code here, so that the workflow sandbox, Node's type
 * stripping and the client can all import this file.
 */
export type * from './types/callbacks.ts';
export type * from './types/calls.ts';
export type * from './types/outcome.ts';
export type * from './types/record.ts';
export type * from './types/spec.ts';
