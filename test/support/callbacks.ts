/** A module of callbacks, as an author writes one; what it hears is in the worker's own words. */
import type { CallbackRegistry } from '../../src/contract/index.ts';

export default {
  audit: {
    beforeCreate(manifest, { task }) {
      manifest.metadata = { ...manifest.metadata, labels: { ...manifest.metadata?.labels, audited: task } };
    },
    onStart: (pod) => console.error(`audit: ${pod.metadata?.labels?.['audited']} runs on ${pod.spec?.nodeName}`),
    onLogLine: ({ container, text }) => console.error(`audit: ${container} says ${text}`),
    formatLine: ({ text }) => text.replaceAll('secret', '******'),
    onEnd: async ({ outcome, output }) => console.error(`audit: ${outcome.kind} with ${JSON.stringify(output)}`),
  },
  careless: {
    onStart() {
      // Nobody waits for it, and nobody hears how it ends.
      void Promise.reject(new Error('left behind'));
    },
    onEnd() {
      throw new Error('the audit is away');
    },
  },
  budget: {
    beforeCreate() {
      throw new Error('no budget left');
    },
  },
} satisfies CallbackRegistry;
