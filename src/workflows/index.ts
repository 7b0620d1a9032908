/** Every export of this file is a workflow that can be started by its name. */
export * from './built-in.ts';
export { diamond } from './diamond.ts';
export { hello } from './hello.ts';
