/** What the sandbox of a worker loads: the author's module, which the bundler puts in the place of that name, and what every worker has. */
// @ts-expect-error only the bundler knows it
export * from 'temporal-pods-workflows-of-the-author';
export { dryRun, pod, sweep } from './built-in.ts';
