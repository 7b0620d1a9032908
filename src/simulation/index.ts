/** A workflow without a server: for plans, for an author's tests and for our own. */
export * from './outside.ts';
export { Sandbox } from './sandbox.ts';
export { Simulation, type Begin } from './simulation.ts';
