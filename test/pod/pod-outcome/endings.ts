/** How each ending is brought about on a real cluster. Pure but for `act`; `record.ts` runs them. */
import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { Hands } from './hands.ts';

export interface Ending {
  about: string;
  spec: Partial<V1PodSpec>;
  /** Done as soon as the pod is there. */
  act?: (hands: Hands) => Promise<void>;
  /** Recorded until the pod is like this, or gone. Default: its phase is final. */
  until?: (pod: V1Pod) => boolean;
  /** Seconds recorded after that. Default 0. */
  more?: number;
  /** Its events are recorded too. */
  events?: true;
}

interface Images {
  shell: string;
}

const TRAP = "trap 'exit 0' TERM; while :; do usleep 50000; done";
const SLEEP = 'while :; do usleep 50000; done';
/** busybox keeps the whole line in memory. */
const EAT = 'tail /dev/zero';
/** Advertised by `hands.oneSlot` on the node: nobody else's pod can be in the way, or be preempted. */
export const SLOT = 'temporal-pods.test/slot';

export function endings({ shell }: Images, registry: string): Record<string, Ending> {
  const sh = (script: string, more: Partial<V1Container> = {}): V1Container => ({
    name: 'base',
    image: shell,
    command: ['sh', '-c', script],
    ...more,
  });
  const runs = (script: string, more: Partial<V1PodSpec> = {}): Partial<V1PodSpec> => ({
    containers: [sh(script)],
    ...more,
  });
  const memory = { limits: { memory: '24Mi' }, requests: { memory: '24Mi' } };
  const isWaiting = (reason: RegExp) => (pod: V1Pod) =>
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].some(({ state }) =>
      reason.test(state?.waiting?.reason ?? ''),
    );
  const hasCondition = (type: string, status: string) => (pod: V1Pod) =>
    pod.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false;
  const mainEnded = (pod: V1Pod) =>
    pod.status?.containerStatuses?.find(({ name }) => name === 'base')?.state?.terminated !== undefined;
  const unpullable = (path: string): V1PodSpec => ({ containers: [sh('true', { image: `${registry}/${path}:3` })] });
  const never = () => false;

  return {
    success: { about: 'exit 0', spec: runs('exit 0') },
    'exit-3': { about: 'exit 3', spec: runs('exit 3') },
    'exit-137': { about: 'exit code 137 without anybody having ended the pod', spec: runs('exit 137') },
    'exit-143': { about: 'exit code 143 without anybody having ended the pod', spec: runs('exit 143') },
    'command-not-found': {
      about: 'a command that the image does not have',
      spec: { containers: [sh('', { command: ['/no/such/program'] })] },
    },
    'shell-command-not-found': { about: '127 from sh', spec: runs('no-such-program') },
    'not-executable': { about: '126 from sh', spec: runs('echo > /tmp/x; /tmp/x') },
    oom: { about: `${EAT} with 24Mi`, spec: { containers: [sh(`exec ${EAT}`, { resources: memory })] } },
    'oom-child-exit-0': {
      about: 'a child is killed for memory, and its shell ends with 0',
      spec: { containers: [sh(`${EAT}; exit 0`, { resources: memory })] },
    },
    'init-failed': {
      about: 'an init container ends with 4',
      spec: runs('exit 0', { initContainers: [sh('exit 4', { name: 'fetch' })] }),
    },
    'init-oom': {
      about: 'an init container is killed for memory',
      spec: runs('exit 0', { initContainers: [sh(`exec ${EAT}`, { name: 'fetch', resources: memory })] }),
    },
    'init-oom-exit-0': {
      about: 'an init container ends with 0, and a child of it was killed for memory, and nothing more happens',
      spec: runs('exit 0', { initContainers: [sh(`${EAT}; exit 0`, { name: 'fetch', resources: memory })] }),
      until: (pod) => pod.status?.initContainerStatuses?.some(({ state }) => state?.terminated) ?? false,
      more: 20,
    },
    'init-cannot-run': {
      about: 'an init container whose command is not there',
      spec: runs('exit 0', { initContainers: [sh('', { name: 'fetch', command: ['/no/such/program'] })] }),
    },
    'init-then-success': {
      about: 'two init containers of 3 s and 2 s, then exit 0',
      spec: runs('sleep 1', {
        initContainers: [sh('sleep 3', { name: 'fetch' }), sh('sleep 2', { name: 'unpack' })],
      }),
    },
    'image-not-found': {
      about: 'the registry answers 404',
      spec: unpullable('absent'),
      until: isWaiting(/ErrImagePull/),
      more: 3,
    },
    'image-denied': {
      about: 'the registry answers 403',
      spec: unpullable('denied'),
      until: isWaiting(/ErrImagePull/),
      more: 3,
    },
    'image-registry-down': {
      about: 'the registry answers 503',
      spec: unpullable('broken'),
      until: isWaiting(/ImagePullBackOff/),
      more: 25,
    },
    'init-image-not-found': {
      about: 'the registry answers 404 for the image of an init container',
      spec: runs('exit 0', { initContainers: [sh('true', { name: 'fetch', image: `${registry}/absent:3` })] }),
      until: isWaiting(/ErrImagePull/),
    },
    'image-name-malformed': {
      about: 'image: ETL:3:4',
      spec: { containers: [sh('true', { image: 'ETL:3:4' })] },
      until: isWaiting(/InvalidImageName/),
    },
    'image-never-pulled': {
      about: 'an image that is absent, with imagePullPolicy: Never',
      spec: { containers: [sh('true', { image: 'etl:3', imagePullPolicy: 'Never' })] },
      until: isWaiting(/ErrImageNeverPull/),
    },
    'missing-secret': {
      about: 'env from a Secret that is not there',
      spec: {
        containers: [
          sh('true', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] }),
        ],
      },
      until: isWaiting(/CreateContainerConfigError/),
    },
    'root-image': {
      about: 'runAsNonRoot with an image of root',
      spec: { containers: [sh('true', { securityContext: { runAsNonRoot: true } })] },
      until: isWaiting(/CreateContainerConfigError/),
    },
    'create-container-error': {
      about: 'a seccomp profile that the node does not have',
      spec: {
        containers: [
          sh('true', { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'none.json' } } }),
        ],
      },
      until: isWaiting(/CreateContainerError/),
    },
    'volume-not-mounted': {
      about: 'a volume of a ConfigMap that is not there',
      spec: {
        containers: [sh('true', { volumeMounts: [{ name: 'settings', mountPath: '/settings' }] })],
        volumes: [{ name: 'settings', configMap: { name: 'none' } }],
      },
      until: isWaiting(/ContainerCreating/),
      more: 5,
      events: true,
    },
    'unschedulable-selector': {
      about: 'a nodeSelector that no node has',
      spec: runs('true', { nodeSelector: { no: 'such-node' } }),
      until: hasCondition('PodScheduled', 'False'),
    },
    'unschedulable-cpu': {
      about: 'more cpu than any node has',
      spec: { containers: [sh('true', { resources: { requests: { cpu: '1000' } } })] },
      until: hasCondition('PodScheduled', 'False'),
    },
    'evicted-by-api': {
      about: 'the Eviction API, while it runs; it traps TERM and ends with 0',
      spec: runs(TRAP),
      act: (hands) => hands.evict(),
      until: never,
    },
    'evicted-by-kubelet': {
      about: 'an emptyDir grows over its sizeLimit; it traps TERM and ends with 0',
      spec: {
        containers: [
          sh(`dd if=/dev/zero of=/scratch/x bs=1M count=8; ${TRAP}`, {
            volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
          }),
        ],
        volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }],
      },
      events: true,
    },
    'evicted-by-kubelet-and-fails': {
      about: 'an emptyDir grows over its sizeLimit; it is killed',
      spec: {
        containers: [
          sh(`dd if=/dev/zero of=/scratch/x bs=1M count=8; ${SLEEP}`, {
            volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
          }),
        ],
        volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }],
      },
    },
    'probe-fails': {
      about: 'a liveness probe fails; it traps TERM and ends with 0',
      spec: {
        containers: [
          sh(TRAP, { livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 2 } }),
        ],
      },
      events: true,
    },
    'succeeds-with-a-sidecar': {
      about: 'exit 0; its native sidecar is stopped by the kubelet, which says so in an event',
      spec: runs('sleep 1', { initContainers: [sh(TRAP, { name: 'proxy', restartPolicy: 'Always' })] }),
      events: true,
    },
    preempted: {
      about: 'a pod of a higher priority takes its place; it traps TERM and ends with 0',
      spec: {
        containers: [sh(TRAP, { resources: { limits: { [SLOT]: '1' }, requests: { [SLOT]: '1' } } })],
      },
      act: (hands) => hands.preempt(),
      until: never,
    },
    'active-deadline': {
      about: 'activeDeadlineSeconds: 3; it traps TERM and ends with 0',
      spec: runs(TRAP, { activeDeadlineSeconds: 3 }),
    },
    'deleted-traps-term': {
      about: 'deleted by somebody; it traps TERM and ends with 0',
      spec: runs(TRAP),
      act: (hands) => hands.deleteIt(),
      until: never,
    },
    'deleted-killed': {
      about: 'deleted by somebody; it ignores TERM and is killed after its grace',
      spec: runs(SLEEP, { terminationGracePeriodSeconds: 2 }),
      act: (hands) => hands.deleteIt(),
      until: never,
    },
    'deleted-while-unscheduled': {
      about: 'deleted by somebody before it had a node',
      spec: runs('true', { nodeSelector: { no: 'such-node' } }),
      act: (hands) => hands.deleteIt(hasCondition('PodScheduled', 'False')),
      until: never,
    },
    'deleted-while-it-waits': {
      about: 'deleted by somebody while its image could not be pulled',
      spec: unpullable('broken'),
      act: (hands) => hands.deleteIt(isWaiting(/ErrImagePull/)),
      until: never,
    },
    'rejected-out-of-cpu': {
      about: 'bound to a node that has not so much cpu',
      spec: { containers: [sh('true', { resources: { requests: { cpu: '1000' } } })], nodeName: 'localhost' },
    },
    'rejected-node-affinity': {
      about: 'bound to a node that its nodeSelector does not want',
      spec: runs('true', { nodeSelector: { no: 'such-node' }, nodeName: 'localhost' }),
    },
    'plain-sidecar': {
      about: 'exit 0 beside a container that runs on',
      spec: { containers: [sh('sleep 1'), sh(SLEEP, { name: 'side' })] },
      until: mainEnded,
    },
    'native-sidecar': {
      about: 'exit 0 beside a native sidecar that runs on',
      spec: runs('sleep 1', { initContainers: [sh(TRAP, { name: 'proxy', restartPolicy: 'Always' })] }),
    },
    'native-sidecar-crashes': {
      about: 'a native sidecar ends with 2 again and again, and never starts',
      spec: runs('exit 0', {
        initContainers: [
          sh('exit 2', {
            name: 'proxy',
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['false'] }, periodSeconds: 1 },
          }),
        ],
      }),
      until: isWaiting(/CrashLoopBackOff/),
      more: 3,
    },
    'native-sidecar-not-ready': {
      about: 'a native sidecar runs, and its startup probe does not pass',
      spec: runs('exit 0', {
        initContainers: [
          sh(SLEEP, {
            name: 'proxy',
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1000 },
          }),
        ],
      }),
      until: (pod) => pod.status?.initContainerStatuses?.some(({ state }) => state?.running) ?? false,
      more: 2,
    },
    'readiness-gate': {
      about: 'runs, and is not ready since its readiness gate is not set',
      spec: runs('sleep 3', { readinessGates: [{ conditionType: 'example.com/ready' }] }),
    },
    'status-repaired-by-its-kubelet': {
      about: 'Ready set to False, as the node controller does, while the kubelet lives: it sets it back',
      spec: runs(TRAP),
      act: (hands) => hands.markNotReady(),
      until: never,
    },
  };
}
