/** What others do to a pod, on a real cluster, as its administrator. For `record.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  SchedulingV1Api,
  setHeaderOptions,
  type V1Pod,
} from '@kubernetes/client-node';
import { SLOT } from './endings.ts';

export interface Hands {
  evict(): Promise<void>;
  preempt(): Promise<void>;
  /** When it is like this; by default when it runs. */
  deleteIt(when?: (pod: V1Pod) => boolean): Promise<void>;
  markNotReady(): Promise<void>;
}

export type Administrator = ReturnType<typeof administrator>;

export function administrator(kubeconfig: string, context: string) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return { core: config.makeApiClient(CoreV1Api), scheduling: config.makeApiClient(SchedulingV1Api) };
}

const isRunning = (pod: V1Pod) => pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
export const merge = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

export function handsOn({ core, scheduling }: Administrator, namespace: string, name: string, image: string): Hands {
  const untilIt = async (is: (pod: V1Pod) => boolean) => {
    while (!is(await core.readNamespacedPod({ namespace, name }))) await sleep(100);
    // Times are whole seconds: the next event is to be in a later one.
    await sleep(1_500);
  };
  return {
    async evict() {
      await untilIt(isRunning);
      await core.createNamespacedPodEviction({ namespace, name, body: { metadata: { namespace, name } } });
    },
    async deleteIt(when = isRunning) {
      await untilIt(when);
      await core.deleteNamespacedPod({ namespace, name });
    },
    async markNotReady() {
      await untilIt(isRunning);
      const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z/, 'Z');
      await core.patchNamespacedPodStatus(
        {
          namespace,
          name,
          body: { status: { conditions: [{ type: 'Ready', status: 'False', reason: null, lastTransitionTime }] } },
        },
        merge,
      );
      await untilIt(
        (pod) => pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
      );
      await core.deleteNamespacedPod({ namespace, name });
    },
    async preempt() {
      await oneSlot(core, '1');
      try {
        await untilIt(isRunning);
        const priority = { metadata: { name: namespace }, value: 1000, description: 'of a test' };
        await scheduling.createPriorityClass({ body: priority });
        await core.createNamespacedPod({
          namespace,
          body: {
            metadata: { name: 'preemptor' },
            spec: {
              priorityClassName: namespace,
              automountServiceAccountToken: false,
              restartPolicy: 'Never',
              containers: [
                {
                  name: 'base',
                  image,
                  command: ['true'],
                  resources: { limits: { [SLOT]: '1' }, requests: { [SLOT]: '1' } },
                },
              ],
            },
          },
        });
        for (;;) {
          const left = await core.readNamespacedPod({ namespace, name }).catch(() => undefined);
          if (!left) break;
          await sleep(100);
        }
      } finally {
        await scheduling.deletePriorityClass({ name: namespace }).catch(() => undefined);
        await core.deleteNamespacedPod({ namespace, name: 'preemptor' }).catch(() => undefined);
        await oneSlot(core, null);
      }
    },
  };
}

/** An extended resource of the first node, as its administrator may advertise one. */
async function oneSlot(core: CoreV1Api, capacity: '1' | null): Promise<void> {
  const [node] = (await core.listNode()).items;
  const body = { status: { capacity: { [SLOT]: capacity }, allocatable: { [SLOT]: capacity } } };
  await core.patchNodeStatus({ name: node?.metadata?.name ?? '', body }, merge);
}
