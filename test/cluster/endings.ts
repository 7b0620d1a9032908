/** Specs of pods that end badly for sure, and soon; and what their failure must say. `endings.real.ts` runs them. */
import type { V1Pod } from '@kubernetes/client-node';
import type { OutcomeKind, PodFailureDetails, PodSpec, RefusalKind } from '../../src/contract/index.ts';
import type { Real } from '../support/real.ts';

export interface RealEnding {
  law: string;
  spec: PodSpec;
  kind: OutcomeKind | RefusalKind;
  details: Partial<Pick<PodFailureDetails, 'exitCode' | 'reason' | 'container' | 'startedEver'>>;
  /** What the message must contain for a reader. */
  words: RegExp[];
  /** Done by somebody else, once the pod runs. */
  act?: (pod: V1Pod) => Promise<unknown>;
}

const started = { startedEver: true };
const never = { startedEver: false };
/** busybox keeps the whole line in memory. */
const EAT = 'tail /dev/zero';
const WAIT = 'while :; do usleep 50000; done';

export function realEndings({ shell, images, cluster }: Real, evict: (pod: V1Pod) => Promise<unknown>): RealEnding[] {
  const init = (script: string, more = {}) => ({
    template: {
      spec: { initContainers: [{ name: 'fetch', image: images.shell, command: ['sh', '-c', script], ...more }] },
    },
  });
  return [
    {
      law: 'an exit code that is no success',
      spec: shell('echo working; echo "no such customer" >&2; exit 3'),
      kind: 'ContainerFailed',
      details: { ...started, exitCode: 3, reason: 'Error' },
      words: [/exit code 3/, /no such customer/, /whole log: file:/],
    },
    {
      law: 'exit code 0 where the author says that it is none',
      spec: shell('true', { exitCodes: { success: [4] } }),
      kind: 'ContainerFailed',
      details: { ...started, exitCode: 0 },
      words: [/exit code 0, which is no success here/, /exitCodes\.success/],
    },
    {
      law: 'exit code 137 without a trace of a killer',
      spec: shell('exit 137'),
      kind: 'ContainerFailed',
      details: { ...started, exitCode: 137 },
      words: [/SIGKILL/, /its node/],
    },
    {
      law: 'a child killed for memory under a shell that ends with 0',
      spec: shell(`${EAT}; echo went on; exit 0`, { resources: { limits: { memory: '24Mi' } } }),
      kind: 'OOMKilled',
      details: { ...started, exitCode: 0, reason: 'OOMKilled' },
      words: [/memory limit is 24Mi/, /raise the memory limit/, /it ended with 0/],
    },
    {
      law: 'a program that the image does not have',
      spec: { ...shell(''), command: ['/no/such/program'] },
      kind: 'ContainerCannotRun',
      details: { ...never, exitCode: 128, reason: 'StartError' },
      words: [/no such file or directory/, /check command and args/],
    },
    {
      law: 'a failed init container',
      spec: shell('true', init('echo "no space in /data"; exit 4')),
      kind: 'InitContainerFailed',
      details: { ...started, exitCode: 4, container: 'fetch' },
      words: [/init container fetch ended with exit code 4/, /last lines of fetch:\n\s+no space in \/data/],
    },
    {
      law: 'a malformed image name',
      spec: { ...shell('true'), image: 'ETL:3:4' },
      kind: 'InvalidImage',
      details: { ...never, container: 'base', reason: 'InvalidImageName' },
      words: [/couldn't parse image name/, /check the spelling/],
    },
    {
      law: 'an image whose registry does not answer, for longer than timeouts.imagePull',
      // Nobody listens there.
      spec: { ...shell('true', { timeouts: { imagePull: '3s' } }), image: '127.0.0.1:9/etl:3' },
      kind: 'ImagePullFailed',
      details: { ...never, container: 'base' },
      words: [/image of container base cannot be pulled/, /connection refused/],
    },
    {
      law: 'a Secret that is not there',
      spec: shell('true', { env: { PASSWORD: { secretKeyRef: { name: 'db', key: 'password' } } } }),
      kind: 'ContainerConfigError',
      details: { ...never, reason: 'CreateContainerConfigError' },
      words: [/secret "db" not found/],
    },
    {
      law: 'an eviction, although it traps TERM and ends with 0',
      spec: shell(`trap 'exit 0' TERM; ${WAIT}`),
      act: evict,
      kind: 'PodDisrupted',
      details: { ...started, reason: 'EvictionByEvictionAPI', exitCode: 0 },
      words: [/evicted through the API/, /may be half done/],
    },
    {
      law: 'a deletion by somebody else, although it traps TERM and ends with 0',
      spec: shell(`trap 'exit 0' TERM; ${WAIT}`),
      act: ({ metadata }) =>
        cluster.deletePod({
          namespace: metadata?.namespace ?? '',
          name: metadata?.name ?? '',
          uid: metadata?.uid ?? '',
        }),
      kind: 'PodDeleted',
      details: { ...started, exitCode: 0 },
      words: [/deleted by somebody else/, /audit log/],
    },
    {
      law: 'no node that fits',
      spec: shell('true', { nodeSelector: { disk: 'tape' }, timeouts: { schedule: '3s' } }),
      kind: 'ScheduleTimeout',
      details: { ...never, reason: 'Unschedulable' },
      words: [/timeouts\.schedule \(3s\)/, /node affinity\/selector/],
    },
    {
      law: 'a volume that cannot be mounted',
      spec: shell('true', {
        timeouts: { start: '4s' },
        volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
        volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
      }),
      kind: 'StartTimeout',
      details: { ...never, reason: 'FailedMount' },
      words: [/timeouts\.start \(4s\)/, /configmap "settings" not found/],
    },
    {
      law: 'an init container whose child is killed for memory, and that ends with 0',
      spec: shell('true', init(`${EAT}; exit 0`, { resources: { limits: { memory: '24Mi' } } })),
      kind: 'OOMKilled',
      details: { ...started, exitCode: 0, container: 'fetch' },
      words: [/container fetch was killed for memory/, /raise the memory limit of fetch/],
    },
    {
      law: 'an init container that takes too long',
      spec: shell('true', { timeouts: { init: '2s' }, ...init(WAIT) }),
      kind: 'InitTimeout',
      details: { ...started, container: 'fetch' },
      words: [/init container fetch did not end in time/, /timeouts\.init \(2s\)/],
    },
    {
      law: 'a run that takes too long',
      spec: shell(`echo begun; ${WAIT}`, { timeouts: { run: '2s' } }),
      kind: 'DeadlineExceeded',
      details: { ...started, reason: 'RunTimeout' },
      words: [/timeouts\.run \(2s\) passed/, /or raise timeouts\.run/, /begun/],
    },
    {
      law: 'everything taking too long',
      spec: shell(WAIT, { timeouts: { total: '6s' } }),
      kind: 'DeadlineExceeded',
      details: { ...started, reason: 'TotalTimeout' },
      words: [/timeouts\.total \(6s\) passed/],
    },
    {
      law: 'the deadline of the pod itself, although it traps TERM and ends with 0',
      spec: shell(`trap 'exit 0' TERM; ${WAIT}`, { template: { spec: { activeDeadlineSeconds: 2 } } }),
      kind: 'DeadlineExceeded',
      details: { ...started, reason: 'DeadlineExceeded' },
      words: [/activeDeadlineSeconds/],
    },
    {
      law: 'a result that is not JSON',
      spec: shell('printf "{rows: 3" > /dev/termination-log', { result: { from: 'terminationMessage' } }),
      kind: 'ResultInvalid',
      details: { ...started, exitCode: 0 },
      words: [/rows: 3/],
    },
    {
      law: 'no result where one is required',
      spec: shell('true', { result: { from: 'log' } }),
      kind: 'ResultMissing',
      details: { ...started, exitCode: 0 },
      words: [/left no result/],
    },
    {
      law: 'a result that is longer than its way can carry',
      spec: shell(`(printf '"'; head -c 5000 /dev/zero | tr '\\0' x; printf '"') > /dev/termination-log`),
      kind: 'ResultTooLarge',
      details: { ...started, exitCode: 0 },
      words: [/4096/],
    },
    {
      law: 'a spec with a field that is not known',
      spec: { ...shell('true'), imagePolicy: 'Always' } as PodSpec,
      kind: 'InvalidSpec',
      details: never,
      words: [/imagePolicy/],
    },
    {
      law: 'a pod that the operator does not allow',
      spec: shell('true', { template: { spec: { hostNetwork: true } } }),
      kind: 'PolicyRefused',
      details: never,
      words: [/hostNetwork/],
    },
    {
      law: 'a beforeCreate callback that throws',
      spec: shell('true', { callbacks: ['budget'] }),
      kind: 'CallbackFailed',
      details: never,
      words: [/budget\.beforeCreate/],
    },
  ];
}
