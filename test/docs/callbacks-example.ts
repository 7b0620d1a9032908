/** The example of docs/callbacks.md, so that it is type-checked and loaded; a test compares the two. */
import type { CallbackRegistry } from '../../src/contract/index.ts';

// <example>
export default {
  costs: {
    /** Whoever pays finds the pod: this label is on the pod when it is created. */
    beforeCreate(manifest, { task }) {
      const owner = manifest.metadata?.labels?.['owner'];
      if (!owner) throw new Error(`task ${task} has no label 'owner': nobody would pay for it`);
      manifest.metadata = { ...manifest.metadata, labels: { ...manifest.metadata?.labels, 'cost-center': owner } };
    },
  },
  notify: {
    async onStart(pod, { workflowId, task }) {
      await post({ text: `${workflowId}/${task} runs on ${pod.spec?.nodeName}` });
    },
    async onEnd({ outcome, logs }, { workflowId, task, try: attempt }) {
      await post({ text: `${workflowId}/${task}, try ${attempt}: ${outcome.kind}`, log: logs.tail.slice(-500) });
    },
  },
  progress: {
    onLogLine({ text }, { task }) {
      const done = /^progress (\d+)%$/.exec(text)?.[1];
      if (done) void post({ text: `${task}: ${done} %` }).catch(() => undefined);
    },
    /** Only what the worker prints; the stored log keeps every line as it came. */
    formatLine: ({ text }) => text.replace(/password=\S+/g, 'password=…'),
  },
} satisfies CallbackRegistry;

async function post(message: { text: string; log?: string }): Promise<void> {
  const hook = process.env['CHAT_HOOK'];
  if (!hook) return;
  const answer = await fetch(hook, {
    method: 'POST',
    body: JSON.stringify(message),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the chat answers ${answer.status}`);
}
// </example>
