/** The whole pod, on a real cluster: what a spec asks for is what the containers see. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  CoreV1Api,
  NodeV1Api,
  SchedulingV1Api,
  type V1EnvVar,
  type V1Pod,
  type V1PodSpec,
} from '@kubernetes/client-node';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import { composeManifest } from '../../src/activities/compose-manifest.ts';
import type { PodFailureDetails, PodResult, PodSpec } from '../../src/contract/index.ts';
import { administrator } from '../support/administrator.ts';
import { real, type Lane, type Real, type WorkerOptions } from '../support/real.ts';

const suffix = Date.now().toString(36);
/** Cluster-wide objects that these tests make. */
const URGENT = `urgent-${suffix}`;
const PLAIN = `plain-${suffix}`;

let world: Real;
let kubernetes: { core: CoreV1Api; scheduling: SchedulingV1Api; node: NodeV1Api };
let namespace: string;
let restricted: string;
let templates: string;

before(async () => {
  world = await real();
  const config = administrator();
  kubernetes = {
    core: config.makeApiClient(CoreV1Api),
    scheduling: config.makeApiClient(SchedulingV1Api),
    node: config.makeApiClient(NodeV1Api),
  };
  namespace = await world.createNamespace(`whole-pod-${suffix}`);
  restricted = await world.createNamespace(`restricted-${suffix}`, {
    'pod-security.kubernetes.io/enforce': 'restricted',
  });
  const { core, scheduling, node } = kubernetes;
  await core.createNamespacedSecret({
    namespace,
    body: { metadata: { name: 'key' }, stringData: { password: 'open-sesame', FROM_SECRET: 'whole-secret' } },
  });
  await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'settings' }, data: { region: 'north', FROM_CONFIG: 'whole-config' } },
  });
  await core.createNamespacedSecret({
    namespace,
    body: {
      metadata: { name: 'registry' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': '{"auths":{}}' },
    },
  });
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'reader' } } });
  await scheduling.createPriorityClass({ body: { metadata: { name: URGENT }, value: 1000 } });
  await node.createRuntimeClass({ body: { metadata: { name: PLAIN }, handler: 'runc' } });
  templates = await mkdtemp(join(tmpdir(), 'templates-'));
});

after(async () => {
  const left = await world.left();
  await kubernetes.scheduling.deletePriorityClass({ name: URGENT });
  await kubernetes.node.deleteRuntimeClass({ name: PLAIN });
  await rm(templates, { recursive: true });
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

/** As far as an operator can go. */
const LENIENT = {
  serviceAccounts: ['*'],
  serviceAccountTokens: true,
  privileged: true,
  hostNetwork: true,
  capabilities: ['ALL'],
};

interface Seen {
  result: PodResult;
  lines: string[];
  /** As it was when it was first seen. */
  pod: V1Pod;
}

async function inLane<T>(name: string, options: WorkerOptions, work: (lane: Lane) => Promise<T>): Promise<T> {
  const lane = world.lane(name);
  const worker = await lane.worker({ namespaces: [namespace], policy: LENIENT, ...options });
  try {
    return await work(lane);
  } finally {
    await worker.kill('SIGTERM');
  }
}

const runIn = (name: string, spec: PodSpec, options: WorkerOptions = {}) =>
  inLane(name, options, async (lane): Promise<Seen> => {
    const run = await lane.start(spec);
    const pod = await Promise.race([lane.podOf(run, () => true), run.result() as Promise<never>]);
    const result = (await run.result()) as PodResult;
    return { result, pod, lines: await lane.lines(run) };
  });

async function failureOf(run: WorkflowHandle): Promise<{ type: string; details: PodFailureDetails }> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type !== 'DagFailed')
      return { type: cause.type ?? '', details: cause.details?.[0] as PodFailureDetails };
  throw new Error('no failure of a pod', { cause: error });
}

function assertSaid(lines: readonly string[], expected: readonly string[]): void {
  for (const line of expected) assert.ok(lines.includes(line), `no line ${line} in:\n${lines.join('\n')}`);
}

suite('the whole pod, on a real cluster', { concurrency: 2, timeout: 300_000 }, () => {
  test('env, files, users, names and neighbours are as the spec has them', async () => {
    const base = (script: string) => ({ image: world.images.shell, command: ['sh', '-c', script] });
    const template: Partial<V1PodSpec> = {
      automountServiceAccountToken: true,
      hostname: 'worker-1',
      subdomain: 'jobs',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['db.example.test'] }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.9.8.7'], searches: ['example.test'], options: [{ name: 'ndots', value: '3' }] },
      priorityClassName: URGENT,
      runtimeClassName: PLAIN,
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 7,
      activeDeadlineSeconds: 240,
      securityContext: { runAsUser: 1234, runAsGroup: 1235, fsGroup: 1236 },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] }],
          },
        },
      },
      containers: [
        {
          name: 'base',
          ports: [{ containerPort: 8080 }, { containerPort: 8080, protocol: 'UDP' }],
          securityContext: { readOnlyRootFilesystem: true },
        },
        { name: 'beside', ...base("trap 'exit 0' TERM; echo beside; sleep 1000 & wait") },
      ],
      initContainers: [
        { name: 'proxy', restartPolicy: 'Always', ...base("trap 'exit 0' TERM; echo proxying; sleep 1000 & wait") },
        {
          name: 'prepare',
          ...base('echo prepared > /work/file; echo init-try=$TEMPORAL_PODS_TRY'),
          volumeMounts: [{ name: 'work', mountPath: '/work' }],
        },
      ],
    };
    const script = `
      echo text=$TEXT; echo secret=$SECRET; echo config=$CONFIG; echo whole=$FROM_SECRET,$FROM_CONFIG
      echo account=$ACCOUNT; echo node=$NODE; echo cpu=$CPU; echo label=$LABEL
      echo ids=$(id -u):$(id -g); echo group=$(stat -c %g /work)
      echo init=$(cat /work/file); echo mounted=$(cat /config/region) $(cat /secret/pw) $(stat -L -c %a /secret/pw)
      echo projected=$(cat /all/region) $(cat /all/team)
      [ -s /all/token ] && echo projected token; [ -s /var/run/secrets/kubernetes.io/serviceaccount/token ] && echo mounted token
      echo host=$(hostname)
      # The kubelet writes this file anew for each container that it starts, so it may be empty for a moment.
      until grep -q localhost /etc/hosts; do sleep 0.1; done
      grep -c 'worker-1.jobs.${namespace}.svc' /etc/hosts | sed s/^/fqdn=/
      grep -c 'db.example.test' /etc/hosts | sed s/^/alias=/
      sed s/^/dns=/ /etc/resolv.conf
      touch /here 2>/dev/null || echo root is read-only
      echo fence=$TEMPORAL_PODS_WORKFLOW_ID,$TEMPORAL_PODS_TASK,$TEMPORAL_PODS_TRY,$TEMPORAL_PODS_POD
      [ -n "$TEMPORAL_PODS_RUN_ID" ] && echo has a run id
      echo '{"answer":42}' > /dev/termination-log`;
    const { result, lines, pod } = await runIn('rich', {
      ...base(script),
      env: {
        TEXT: 'a $ b',
        SECRET: { secretKeyRef: { name: 'key', key: 'password' } },
        CONFIG: { configMapKeyRef: { name: 'settings', key: 'region' } },
        ACCOUNT: { fieldRef: { fieldPath: 'spec.serviceAccountName' } },
        NODE: { fieldRef: { fieldPath: 'spec.nodeName' } },
        LABEL: { fieldRef: { fieldPath: "metadata.labels['team']" } },
        CPU: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } },
      },
      envFrom: [{ secretRef: { name: 'key' } }, { configMapRef: { name: 'settings' } }],
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: ['registry'],
      resources: { requests: { cpu: '10m' }, limits: { cpu: '250m', memory: '64Mi' } },
      volumes: [
        { name: 'work', emptyDir: {} },
        { name: 'config', configMap: { name: 'settings' } },
        { name: 'secret', secret: { secretName: 'key', items: [{ key: 'password', path: 'pw' }], defaultMode: 0o440 } },
        {
          name: 'all',
          projected: {
            sources: [
              { configMap: { name: 'settings' } },
              { serviceAccountToken: { path: 'token', audience: 'somebody', expirationSeconds: 600 } },
              { downwardAPI: { items: [{ path: 'team', fieldRef: { fieldPath: "metadata.labels['team']" } }] } },
            ],
          },
        },
      ],
      volumeMounts: [
        { name: 'work', mountPath: '/work' },
        { name: 'config', mountPath: '/config' },
        { name: 'secret', mountPath: '/secret' },
        { name: 'all', mountPath: '/all' },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'spot', operator: 'Exists', effect: 'NoSchedule' }],
      labels: { team: 'sales' },
      annotations: { 'example.com/note': 'hi' },
      serviceAccount: 'reader',
      template: { spec: template },
    });
    assert.deepEqual(result.output, { answer: 42 });
    assertSaid(lines, [
      'text=a $ b',
      'secret=open-sesame',
      'config=north',
      'whole=whole-secret,whole-config',
      'account=reader',
      `node=${result.pod.node}`,
      'cpu=250',
      'label=sales',
      'ids=1234:1235',
      'group=1236',
      'init=prepared',
      'mounted=north open-sesame 440',
      'projected=north sales',
      'projected token',
      'mounted token',
      'host=worker-1',
      'fqdn=1',
      'alias=1',
      'dns=search example.test',
      'dns=nameserver 10.9.8.7',
      'dns=options ndots:3',
      'root is read-only',
      'has a run id',
      'init-try=1',
      'proxying',
      'beside',
    ]);
    assert.ok(
      lines.some((line) => /^fence=rich-.*,main,1,main-1$/.test(line)),
      'the fencing identity',
    );
    const { spec, metadata } = pod;
    assert.equal(metadata?.annotations?.['example.com/note'], 'hi');
    assert.deepEqual(
      [spec?.priorityClassName, spec?.priority, spec?.runtimeClassName, spec?.schedulerName],
      [URGENT, 1000, PLAIN, 'default-scheduler'],
    );
    assert.deepEqual([spec?.terminationGracePeriodSeconds, spec?.activeDeadlineSeconds], [7, 240]);
    assert.deepEqual(
      spec?.imagePullSecrets?.map(({ name }) => name),
      ['registry'],
    );
    assert.deepEqual(
      spec?.containers[0]?.ports?.map(({ protocol }) => protocol),
      ['TCP', 'UDP'],
    );
    assert.ok(spec?.tolerations?.some(({ key }) => key === 'spot'));
    assert.ok(spec?.affinity?.nodeAffinity);
    assert.equal(spec?.restartPolicy, 'Never');
  });

  test('layer over layer: the worker’s template, a file, the template, the fields', async () => {
    const env = (from: string, ...names: string[]) => names.map((name) => ({ name, value: from }));
    const layer = (variables: V1EnvVar[]) => ({ spec: { containers: [{ name: 'base', env: variables }] } });
    await writeFile(
      join(templates, 'job.yaml'),
      `apiVersion: v1
kind: Pod
metadata: { name: ignored, labels: { stage: file } }
spec:
  containers:
    - name: base
      image: replaced:1
      env: [{ name: B, value: file }, { name: C, value: file }, { name: D, value: file }]
      volumeMounts: [{ name: scratch, mountPath: /scratch }]
  volumes: [{ name: scratch, emptyDir: {} }]
`,
    );
    const { lines, pod } = await runIn(
      'layers',
      {
        image: world.images.shell,
        command: ['sh', '-c', 'echo $A $B $C $D ${E-none}; touch /scratch/x && echo scratch'],
        templateFile: 'job.yaml',
        template: layer(env('template', 'C', 'D')),
        env: { D: 'field', E: null },
        labels: { stage: null },
      },
      { template: layer(env('operator', 'A', 'B', 'C', 'D', 'E')), templates },
    );
    assertSaid(lines, ['operator file template field none', 'scratch']);
    assert.equal(pod.metadata?.labels?.['stage'], undefined);
    assert.ok(!pod.metadata?.name?.includes('ignored'));
  });

  test('a namespace that enforces Pod Security “restricted” admits a plain spec, with a result file too', async () => {
    const options = { namespaces: [restricted], policy: {} };
    const plain = await runIn(
      'restricted',
      {
        image: world.images.shell,
        command: ['sh', '-c', 'echo uid=$(id -u); grep -c NoNewPrivs:.1 /proc/self/status'],
      },
      options,
    );
    assert.equal(plain.result.outcome, 'Succeeded');
    assertSaid(plain.lines, ['uid=65532', '1']);
    assert.equal(plain.pod.metadata?.namespace, restricted);
    const file = await runIn(
      'restricted-file',
      {
        image: world.images.shell,
        command: ['sh', '-c', "echo '[1,2]' > /out/result.json"],
        result: { from: 'file', path: '/out/result.json' },
      },
      { ...options, env: { TEMPORAL_PODS_COLLECTOR_IMAGE: world.images.shell } },
    );
    assert.deepEqual(file.result.output, [1, 2]);
  });

  test('a privileged container can be created, and so can one on the network of its node', async () => {
    const script = 'grep -c NoNewPrivs:.0 /proc/self/status; [ $HOST = $POD ] && echo host network';
    const { lines } = await runIn('privileged', {
      image: world.images.shell,
      command: ['sh', '-c', script],
      env: {
        HOST: { fieldRef: { fieldPath: 'status.hostIP' } },
        POD: { fieldRef: { fieldPath: 'status.podIP' } },
      },
      template: {
        spec: {
          hostNetwork: true,
          dnsPolicy: 'ClusterFirstWithHostNet',
          containers: [{ name: 'base', securityContext: { privileged: true, runAsUser: 0 } }],
        },
      },
    });
    assertSaid(lines, ['1', 'host network']);
  });

  test('the author’s own activeDeadlineSeconds ends the pod; FallbackToLogsOnError gives its last words', async () => {
    await inLane('author', {}, async (lane) => {
      const late = await lane.start(
        world.shell('sleep 600', { grace: '1s', template: { spec: { activeDeadlineSeconds: 2 } } }),
      );
      const words = await lane.start(
        world.shell('echo these are the last words; exit 3', {
          template: {
            spec: { containers: [{ name: 'base', terminationMessagePolicy: 'FallbackToLogsOnError' }] },
          },
        }),
      );
      assert.equal((await failureOf(late)).type, 'DeadlineExceeded');
      const { type, details } = await failureOf(words);
      assert.equal(type, 'ContainerFailed');
      assert.match(details.message ?? '', /these are the last words/);
    });
  });
});

suite('the API server accepts', { timeout: 60_000 }, () => {
  const rows: [law: string, spec: Partial<V1PodSpec>][] = [
    ['a pod for Windows with our defaults', { os: { name: 'windows' } }],
    [
      'a container with CAP_SYS_ADMIN',
      { containers: [{ name: 'base', securityContext: { capabilities: { add: ['CAP_SYS_ADMIN'] } } }] },
    ],
    [
      'a privileged init container',
      { initContainers: [{ name: 'init', image: 'x', securityContext: { privileged: true } }] },
    ],
    ['a node by its name, which a gated pod may not have', { nodeName: 'node-7' }],
    ['another scheduler', { schedulerName: 'mine' }],
    [
      'two ports of one number',
      { containers: [{ name: 'base', ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }] }] },
    ],
    [
      'a spread over zones',
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
    ],
    ['users of its own and one process namespace', { hostUsers: false, shareProcessNamespace: true }],
    ['host pid and ipc', { hostPID: true, hostIPC: true }],
    [
      'probes, hooks and a working folder',
      {
        containers: [
          {
            name: 'base',
            workingDir: '/tmp',
            stdin: true,
            tty: true,
            lifecycle: { preStop: { sleep: { seconds: 1 } } },
            livenessProbe: { exec: { command: ['true'] } },
            startupProbe: { httpGet: { port: 80 } },
          },
        ],
      },
    ],
    [
      'a claim, a host path, an image and a network file system',
      {
        volumes: [
          { name: 'a', persistentVolumeClaim: { claimName: 'c' } },
          { name: 'b', hostPath: { path: '/var' } },
          { name: 'c', nfs: { server: 's', path: '/p' } },
          {
            name: 'd',
            ephemeral: {
              volumeClaimTemplate: {
                spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
              },
            },
          },
        ],
      },
    ],
  ];
  for (const [law, spec] of rows)
    test(law, async () => {
      const policy = {
        ...LENIENT,
        hostPID: true,
        hostIPC: true,
        hostPaths: [{ path: '/var' }],
      };
      const manifest = await composeManifest(
        { templates: { defaults: {} }, policy, collectorImage: 'x' },
        { image: 'x', template: { spec } },
        {
          namespace,
          task: 'main',
          try: 1,
          key: { temporalNamespaceId: 't', workflowId: 'w', runId: 'r', activityId: 'main-1' },
          deadline: 0,
          activeDeadlineSeconds: 60,
        },
        { beforeCreate: async (pod) => pod },
      );
      const { metadata } = await world.cluster.createPod(namespace, manifest, { dryRun: true });
      assert.equal(metadata?.name, manifest.metadata?.name);
    });
});
