/** Every rule of the operator: what it lets through, what it refuses in which words, and the ways around it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1Container, V1Pod, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { podManifest } from '../../src/pod/manifest.ts';
import { DEFAULT_POLICY, policyFaults, type Policy } from '../../src/policy/index.ts';
import type { PodSpec } from '../../src/contract/index.ts';

type Given = Partial<V1PodSpec>;
/** Undefined: it is allowed. Otherwise the one line of the refusal. */
type Row = [law: string, policy: Policy, given: Given, fault?: string];

const BASE = { name: 'base', image: 'python:3' };

/** A pod that every default allows, but for what is given. */
const pod = (given: Given): V1Pod => ({
  metadata: { name: 'p', namespace: 'n', labels: { 'temporal-pods/key': 'k' } },
  spec: { automountServiceAccountToken: false, containers: [BASE], ...given },
});
const base = (given: Partial<V1Container>): Given => ({ containers: [{ ...BASE, ...given }] });
const init = (given: Partial<V1Container>): Given => ({ initContainers: [{ ...BASE, name: 'init', ...given }] });
const sidecar = (given: Partial<V1Container>): Given => ({ containers: [BASE, { ...BASE, name: 'side', ...given }] });
const volume = (given: Omit<V1Volume, 'name'>): Given => ({ volumes: [{ name: 'v', ...given }] });
const amounts = (limits: Record<string, string>, requests: Record<string, string> = {}) => ({
  resources: { limits, requests },
});
const DIGEST = `sha256:${'a'.repeat(64)}`;
const windows = (windowsOptions: object): Given => ({ os: { name: 'windows' }, securityContext: { windowsOptions } });
const CLAIM = 'spec.volumes[v].ephemeral.volumeClaimTemplate.spec';
const claim = (spec: object, metadata?: object): Given =>
  volume({ ephemeral: { volumeClaimTemplate: { spec, ...(metadata && { metadata }) } } });
const POOL = { requireNodeSelector: { pool: 'batch' } } satisfies Policy;
const ONE_GI = { resources: { memory: { limit: '1Gi' } } } satisfies Policy;
const TWO_CPUS = { resources: { cpu: { request: 2 } } } satisfies Policy;

const rows: Record<string, Row[]> = {
  images: [
    ['one of the list', { images: ['python:*'] }, {}],
    ['any, without a rule', {}, base({ image: 'evil.example/x' })],
    [
      'another',
      { images: ['python:*', 'registry/team/*'] },
      base({ image: 'evil/x:1' }),
      'images: spec.containers[base].image "evil/x:1" is not allowed; allowed: python:*, registry/team/*',
    ],
    [
      'of an init container',
      { images: ['python:*'] },
      init({ image: 'x:1' }),
      'images: spec.initContainers[init].image "x:1" is not allowed; allowed: python:*',
    ],
    [
      'of a sidecar',
      { images: ['python:*'] },
      sidecar({ image: 'x:1' }),
      'images: spec.containers[side].image "x:1" is not allowed; allowed: python:*',
    ],
    [
      'of an image volume',
      { images: ['python:*'] },
      volume({ image: { reference: 'x:1' } }),
      'images: spec.volumes[v].image.reference "x:1" is not allowed; allowed: python:*',
    ],
    ['from a registry with a port', { images: ['registry:5000/*'] }, base({ image: 'registry:5000/etl:3' })],
    ['without a tag is the latest', { images: ['registry:5000/etl:latest'] }, base({ image: 'registry:5000/etl' })],
    [
      'from a registry that only begins the same',
      { images: ['registry/team/*'] },
      base({ image: 'registry/team-evil/x:1' }),
      'images: spec.containers[base].image "registry/team-evil/x:1" is not allowed; allowed: registry/team/*',
    ],
    ['by digest', { images: ['python@*'] }, base({ image: `python@${DIGEST}` })],
    [
      'that the list takes back',
      { images: ['registry/*', '!registry/root/*'] },
      base({ image: 'registry/root/x:1' }),
      'images: spec.containers[base].image "registry/root/x:1" is not allowed; allowed: registry/*, !registry/root/*',
    ],
  ],
  imageDigestsOnly: [
    ['a digest', { imageDigestsOnly: true }, base({ image: `python:3@${DIGEST}` })],
    [
      'a tag',
      { imageDigestsOnly: true },
      {},
      'imageDigestsOnly: spec.containers[base].image "python:3" must end in @sha256:…',
    ],
    [
      'a tag that looks like one',
      { imageDigestsOnly: true },
      base({ image: 'python:sha256' }),
      'imageDigestsOnly: spec.containers[base].image "python:sha256" must end in @sha256:…',
    ],
  ],
  serviceAccounts: [
    ['default', {}, { serviceAccountName: 'default' }],
    ['one of the list', { serviceAccounts: ['etl-*'] }, { serviceAccountName: 'etl-a', serviceAccount: 'etl-a' }],
    [
      'another',
      {},
      { serviceAccountName: 'worker', serviceAccount: 'default' },
      'serviceAccounts: spec.serviceAccountName "worker" is not allowed; allowed: default',
    ],
    [
      'by the old name of the field',
      {},
      { serviceAccount: 'worker' },
      'serviceAccounts: spec.serviceAccount "worker" is not allowed; allowed: default',
    ],
  ],
  serviceAccountTokens: [
    ['none', {}, {}],
    ['a mounted one, where allowed', { serviceAccountTokens: true }, { automountServiceAccountToken: true }],
    [
      'a mounted one',
      {},
      { automountServiceAccountToken: true },
      'serviceAccountTokens: spec.automountServiceAccountToken true must be false, or the policy have serviceAccountTokens: true',
    ],
    [
      'one that the service account decides about',
      {},
      { automountServiceAccountToken: undefined as unknown as boolean },
      'serviceAccountTokens: spec.automountServiceAccountToken (absent) must be false, or the policy have serviceAccountTokens: true',
    ],
    [
      'a projected one',
      {},
      volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
      'serviceAccountTokens: spec.volumes[v].projected.sources[0].serviceAccountToken {"path":"t"} is not allowed; it needs serviceAccountTokens: true',
    ],
    [
      'a certificate',
      {},
      volume({ projected: { sources: [{ podCertificate: { keyType: 'ED25519', signerName: 's' } }] } }),
      'serviceAccountTokens: spec.volumes[v].projected.sources[0].podCertificate {"keyType":"ED25519","signerName":"s"} is not allowed; it needs serviceAccountTokens: true',
    ],
  ],
  secrets: [
    ['any, without a rule', {}, volume({ secret: { secretName: 'x' } })],
    ...(
      [
        ['env', base({ env: [env('x')] }), 'spec.containers[base].env[A].valueFrom.secretKeyRef.name'],
        ['env of a sidecar', sidecar({ env: [env('x')] }), 'spec.containers[side].env[A].valueFrom.secretKeyRef.name'],
        ['envFrom', init({ envFrom: [ref('x')] }), 'spec.initContainers[init].envFrom[0].secretRef.name'],
        ['a volume', volume({ secret: { secretName: 'x' } }), 'spec.volumes[v].secret.secretName'],
        [
          'a projected volume',
          volume({ projected: { sources: [{ secret: { name: 'x' } }] } }),
          'spec.volumes[v].projected.sources[0].secret.name',
        ],
        ['the pull of an image', { imagePullSecrets: [{ name: 'x' }] }, 'spec.imagePullSecrets[x].name'],
        [
          'a CSI driver',
          volume({ csi: { driver: 'd', nodePublishSecretRef: { name: 'x' } } }),
          'spec.volumes[v].csi.nodePublishSecretRef.name',
        ],
        [
          'the attributes of a CSI driver',
          volume({ csi: { driver: 'd', volumeAttributes: { secretName: 'x' } } }),
          'spec.volumes[v].csi.volumeAttributes.secretName',
        ],
        [
          'azureFile',
          volume({ azureFile: { secretName: 'x', shareName: 's' } }),
          'spec.volumes[v].azureFile.secretName',
        ],
        [
          'cephfs',
          volume({ cephfs: { monitors: [], secretRef: { name: 'x' } } }),
          'spec.volumes[v].cephfs.secretRef.name',
        ],
      ] as [string, Given, string][]
    ).flatMap(([law, given, path]): Row[] => [
      [`for ${law}`, { secrets: ['x'] }, given],
      [`of others, for ${law}`, { secrets: ['etl-*'] }, given, `secrets: ${path} "x" is not allowed; allowed: etl-*`],
    ]),
    ...(
      [
        'secretname',
        'SecretName',
        'secret-name',
        'secret_name',
        'keyVaultSecretName',
        'csi.storage.k8s.io/secret-name',
      ] as const
    ).map((attribute): Row => [
      `of others, as ${attribute} among the attributes of a driver`,
      { secrets: ['etl-*'] },
      volume({ csi: { driver: 'd', volumeAttributes: { [attribute]: 'x' } } }),
      `secrets: spec.volumes[v].csi.volumeAttributes.${attribute} "x" is not allowed; allowed: etl-*`,
    ]),
    ...['secretnamespace', 'secretNamespace', 'csi.storage.k8s.io/node-stage-secret-namespace'].map(
      (attribute): Row => [
        `of another namespace, as ${attribute} among the attributes of a driver`,
        {},
        volume({ csi: { driver: 'd', volumeAttributes: { [attribute]: 'kube-system' } } }),
        `secrets: spec.volumes[v].csi.volumeAttributes.${attribute} "kube-system" is not the namespace of the pod`,
      ],
    ),
    [
      'in its own namespace',
      {},
      volume({ csi: { driver: 'd', volumeAttributes: { secretNamespace: 'n', secretname: 'x' } } }),
    ],
    ['a label of nodes that is only called so', { secrets: [] }, { nodeSelector: { secretname: 'x' } }],
    [
      'the worker’s own, taken back from all',
      { secrets: ['*', '!worker-*'] },
      volume({ secret: { secretName: 'worker-tls' } }),
      'secrets: spec.volumes[v].secret.secretName "worker-tls" is not allowed; allowed: *, !worker-*',
    ],
  ],
  configMaps: (
    [
      [
        'env',
        base({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'x', key: 'k' } } }] }),
        'spec.containers[base].env[A].valueFrom.configMapKeyRef.name',
      ],
      [
        'envFrom',
        sidecar({ envFrom: [{ configMapRef: { name: 'x' } }] }),
        'spec.containers[side].envFrom[0].configMapRef.name',
      ],
      ['a volume', volume({ configMap: { name: 'x' } }), 'spec.volumes[v].configMap.name'],
      [
        'a projected volume',
        volume({ projected: { sources: [{ configMap: { name: 'x' } }] } }),
        'spec.volumes[v].projected.sources[0].configMap.name',
      ],
    ] as [string, Given, string][]
  ).flatMap(([law, given, path]): Row[] => [
    [`for ${law}`, { configMaps: ['x'] }, given],
    [`of others, for ${law}`, { configMaps: [] }, given, `configMaps: ${path} "x" is not allowed; allowed: nothing`],
  ]),
  volumeTypes: [
    ['a network file system', {}, volume({ nfs: { server: 's', path: '/' } })],
    [
      'a network file system, where it is not listed',
      { volumeTypes: ['emptyDir'] },
      volume({ nfs: { server: 's', path: '/' } }),
      'volumeTypes: spec.volumes[v] "nfs" is not allowed; allowed: emptyDir',
    ],
    [
      'what the node runs',
      { volumeTypes: ['emptyDir', 'secret'] },
      volume({ gitRepo: { repository: 'r' } }),
      'volumeTypes: spec.volumes[v] "gitRepo" is not allowed; allowed: emptyDir, secret',
    ],
    [
      'one hidden behind another',
      { volumeTypes: ['emptyDir'] },
      volume({ emptyDir: {}, iscsi: { iqn: 'i', lun: 0, targetPortal: 't' } }),
      'volumeTypes: spec.volumes[v] "iscsi" is not allowed; allowed: emptyDir',
    ],
  ],
  hostPaths: [
    [
      'none',
      {},
      volume({ hostPath: { path: '/' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/" is not allowed; allowed: nothing',
    ],
    [
      'none, whatever volumeTypes says',
      { volumeTypes: ['*'] },
      volume({ hostPath: { path: '/data' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/data" is not allowed; allowed: nothing',
    ],
    ['a listed folder', { hostPaths: [{ path: '/data' }] }, volume({ hostPath: { path: '/data' } })],
    [
      'a listed folder, spelt otherwise',
      { hostPaths: [{ path: '/data/' }] },
      volume({ hostPath: { path: '//data/.' } }),
    ],
    [
      'one below a writable one, which may be a link to anywhere that another pod has made',
      { hostPaths: [{ path: '/data/' }] },
      volume({ hostPath: { path: '/data//a' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/data//a" is below /data/, which pods may write to; name that, and mount it with a subPath',
    ],
    [
      'one below it that is mounted read only',
      { hostPaths: [{ path: '/data' }] },
      mounted([true]),
      'hostPaths: spec.volumes[v].hostPath.path "/data/in" is below /data, which pods may write to; name that, and mount it with a subPath',
    ],
    [
      'one below it by subPath',
      { hostPaths: [{ path: '/data' }] },
      {
        ...volume({ hostPath: { path: '/data' } }),
        ...base({ volumeMounts: [{ name: 'v', mountPath: '/m', subPath: 'a' }] }),
      },
    ],
    [
      'one beside it',
      { hostPaths: [{ path: '/data' }] },
      volume({ hostPath: { path: '/database' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/database" is not allowed; allowed: /data',
    ],
    [
      'one that leaves it',
      { hostPaths: [{ path: '/data' }] },
      volume({ hostPath: { path: '/data/../etc' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/data/../etc" is not allowed; allowed: /data',
    ],
    [
      'one that may leave it by a link',
      { hostPaths: [{ path: '/data' }] },
      volume({ hostPath: { path: '/data/link/../a' } }),
      'hostPaths: spec.volumes[v].hostPath.path "/data/link/../a" is not allowed; allowed: /data',
    ],
    ['read only', { hostPaths: [{ path: '/data', readOnly: true }] }, mounted([true])],
    [
      'read only, and made by the node where it is not there',
      { hostPaths: [{ path: '/data', readOnly: true }] },
      volume({ hostPath: { path: '/data/new', type: 'DirectoryOrCreate' } }),
      'hostPaths: spec.volumes[v].hostPath.type "DirectoryOrCreate" would write: /data is readOnly',
    ],
    [
      'writable, and made by the node where it is not there',
      { hostPaths: [{ path: '/data' }] },
      volume({ hostPath: { path: '/data', type: 'DirectoryOrCreate' } }),
    ],
    [
      'read only, and a second mount that is not',
      { hostPaths: [{ path: '/data', readOnly: true }] },
      mounted([true, undefined]),
      'hostPaths: spec.containers[c1].volumeMounts[/m] {"name":"v","mountPath":"/m"} must be readOnly: /data is',
    ],
  ],
  persistentVolumeClaims: [
    ['any, without a rule', {}, volume({ persistentVolumeClaim: { claimName: 'x' } })],
    [
      'of others',
      { persistentVolumeClaims: ['etl-*'] },
      volume({ persistentVolumeClaim: { claimName: 'x' } }),
      'persistentVolumeClaims: spec.volumes[v].persistentVolumeClaim.claimName "x" is not allowed; allowed: etl-*',
    ],
    [
      'a copy of one of its own',
      { persistentVolumeClaims: ['etl-*'] },
      volume({
        ephemeral: { volumeClaimTemplate: { spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'etl-1' } } } },
      }),
    ],
    [
      'a copy of another',
      { persistentVolumeClaims: ['etl-*'] },
      volume({
        ephemeral: {
          volumeClaimTemplate: { spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'payroll' } } },
        },
      }),
      'persistentVolumeClaims: spec.volumes[v].ephemeral.volumeClaimTemplate.spec.dataSource "payroll" is not allowed; allowed: etl-*',
    ],
    [
      'a copy of one in another namespace',
      { persistentVolumeClaims: ['etl-*'] },
      volume({
        ephemeral: {
          volumeClaimTemplate: {
            spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'etl-1', namespace: 'hr' } },
          },
        },
      }),
      'persistentVolumeClaims: spec.volumes[v].ephemeral.volumeClaimTemplate.spec.dataSourceRef.namespace "hr" is not the namespace of the pod',
    ],
    [
      'a snapshot of another namespace, whatever is allowed',
      {},
      claim({ dataSourceRef: { kind: 'VolumeSnapshot', name: 's', namespace: 'hr' } }),
      `persistentVolumeClaims: ${CLAIM}.dataSourceRef.namespace "hr" is not the namespace of the pod`,
    ],
    [
      'a source of its own namespace, by name',
      {},
      claim({ dataSourceRef: { kind: 'VolumeSnapshot', name: 's', namespace: 'n' } }),
    ],
    [
      'a snapshot, where all claims but some may be had',
      { persistentVolumeClaims: ['*', '!payroll'] },
      claim({ dataSource: { kind: 'VolumeSnapshot', name: 's' } }),
      `persistentVolumeClaims: ${CLAIM}.dataSource "VolumeSnapshot/s" is not allowed; allowed: *, !payroll`,
    ],
    [
      'a snapshot of the list',
      { persistentVolumeClaims: ['*', '!payroll', 'VolumeSnapshot/etl-*'] },
      claim({ dataSource: { kind: 'VolumeSnapshot', name: 'etl-1' } }),
    ],
    ...(
      [
        ['by its name', { volumeName: 'pv-1' }, 'volumeName "pv-1"'],
        ['by its labels', { selector: { matchLabels: { of: 'hr' } } }, 'selector {"matchLabels":{"of":"hr"}}'],
        ['that somebody made by hand', { storageClassName: '' }, 'storageClassName ""'],
      ] as const
    ).flatMap(([law, given, words]): Row[] => [
      [`a volume ${law}, without a rule`, {}, claim(given)],
      ...[['etl-*'], ['*', '!payroll']].map((persistentVolumeClaims): Row => [
        `a volume ${law}, where the claims are ${persistentVolumeClaims.join()}`,
        { persistentVolumeClaims },
        claim(given),
        `persistentVolumeClaims: ${CLAIM}.${words} may take a volume of any claim; it needs persistentVolumeClaims: ['*']`,
      ]),
    ]),
    [
      'a claim that says it is bound already',
      { persistentVolumeClaims: ['etl-*'] },
      claim({}, { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }),
      'persistentVolumeClaims: spec.volumes[v].ephemeral.volumeClaimTemplate.metadata.annotations.pv.kubernetes.io/bind-completed "yes" may take a volume of any claim; it needs persistentVolumeClaims: [\'*\']',
    ],
    [
      'a label of its own claim that no pod may have',
      { labels: ['team'] },
      claim({}, { labels: { team: 'a', app: 'web' } }),
      'labels: spec.volumes[v].ephemeral.volumeClaimTemplate.metadata.labels "app" is not allowed; allowed: team',
    ],
    [
      'a field of its own claim that is not known',
      {},
      claim({ volumeAnything: 'x' }),
      `fields: ${CLAIM}.volumeAnything is not known to this worker, and not allowed as long as it is not`,
    ],
    [
      'a snapshot',
      { persistentVolumeClaims: ['etl-*'] },
      volume({ ephemeral: { volumeClaimTemplate: { spec: { dataSource: { kind: 'VolumeSnapshot', name: 's' } } } } }),
      'persistentVolumeClaims: spec.volumes[v].ephemeral.volumeClaimTemplate.spec.dataSource "VolumeSnapshot/s" is not allowed; allowed: etl-*',
    ],
  ],
  storageClasses: [
    ['any, without a rule', {}, claim({ storageClassName: 'fast' })],
    ['the one of the cluster, whatever the list', { storageClasses: [] }, claim({})],
    ['one of the list', { storageClasses: ['fast'] }, claim({ storageClassName: 'fast' })],
    [
      'another',
      { storageClasses: ['fast'] },
      claim({ storageClassName: 'local' }),
      `storageClasses: ${CLAIM}.storageClassName "local" is not allowed; allowed: fast`,
    ],
    [
      'another, by the old annotation',
      { storageClasses: ['fast'] },
      claim({}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'local' } }),
      'storageClasses: spec.volumes[v].ephemeral.volumeClaimTemplate.metadata.annotations.volume.beta.kubernetes.io/storage-class "local" is not allowed; allowed: fast',
    ],
  ],
  csiDrivers: [
    ['any, without a rule', {}, volume({ csi: { driver: 'd' } })],
    [
      'another',
      { csiDrivers: [] },
      volume({ csi: { driver: 'd' } }),
      'csiDrivers: spec.volumes[v].csi.driver "d" is not allowed; allowed: nothing',
    ],
  ],
  resourceClaims: [
    ['any, without a rule', {}, { resourceClaims: [{ name: 'g', resourceClaimName: 'gpu' }] }],
    [
      'of others, as a template',
      { resourceClaims: ['a'] },
      { resourceClaims: [{ name: 'g', resourceClaimTemplateName: 'gpu' }] },
      'resourceClaims: spec.resourceClaims[g].resourceClaimTemplateName "gpu" is not allowed; allowed: a',
    ],
  ],
  host: [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((field): Row[] => [
      [`no ${field}`, {}, { [field]: false }],
      [`${field}, where allowed`, { [field]: true }, { [field]: true }],
      [field, {}, { [field]: true }, `${field}: spec.${field} true is not allowed; it needs ${field}: true`],
    ]),
    [
      'port of a second container',
      { hostPorts: [9000, '8000-8099'] },
      sidecar({ ports: [{ containerPort: 1, hostPort: 8100 }] }),
      'hostPorts: spec.containers[side].ports[1/TCP].hostPort 8100 is not allowed; allowed: 9000, 8000-8099',
    ],
    [
      'port in no list',
      {},
      base({ ports: [{ containerPort: 1, hostPort: 1 }] }),
      'hostPorts: spec.containers[base].ports[1/TCP].hostPort 1 is not allowed; allowed: nothing',
    ],
    ['port of a list', { hostPorts: [9000, '8000-8099'] }, base({ ports: [{ containerPort: 1, hostPort: 8099 }] })],
    ['own ports only', {}, base({ ports: [{ containerPort: 1 }, { containerPort: 2, hostPort: 0 }] })],
    [
      'called by a probe',
      {},
      base({ livenessProbe: { httpGet: { port: 1, host: '169.254.169.254' } } }),
      'probeHosts: spec.containers[base].livenessProbe.httpGet.host "169.254.169.254" is not allowed; it needs probeHosts: true',
    ],
    [
      'called by a hook',
      {},
      init({ lifecycle: { preStop: { tcpSocket: { port: 1, host: 'h' } } } }),
      'probeHosts: spec.initContainers[init].lifecycle.preStop.tcpSocket.host "h" is not allowed; it needs probeHosts: true',
    ],
    ['users of its own, where they must be', { requireUserNamespace: true }, { hostUsers: false }],
    [
      'users, where they must be its own',
      { requireUserNamespace: true },
      {},
      'requireUserNamespace: spec.hostUsers (absent) must be false',
    ],
  ],
  privileged: [
    ['no', {}, base({ securityContext: { privileged: false } })],
    ['where allowed', { privileged: true }, base({ securityContext: { privileged: true } })],
    [
      'an init container',
      {},
      init({ securityContext: { privileged: true } }),
      'privileged: spec.initContainers[init].securityContext.privileged true is not allowed; it needs privileged: true',
    ],
    [
      'a process of the Windows host',
      {},
      { securityContext: { windowsOptions: { hostProcess: true } } },
      'privileged: spec.securityContext.windowsOptions.hostProcess true is not allowed; it needs privileged: true',
    ],
  ],
  privilegeEscalation: [
    ['without a rule', {}, {}],
    ['off', { privilegeEscalation: false }, base({ securityContext: { allowPrivilegeEscalation: false } })],
    [
      'absent, which is on',
      { privilegeEscalation: false },
      {},
      'privilegeEscalation: spec.containers[base].securityContext.allowPrivilegeEscalation (absent) must be false',
    ],
  ],
  runAsRoot: [
    ['without a rule', {}, base({ securityContext: { runAsUser: 0 } })],
    ['another user', { runAsRoot: false }, { securityContext: { runAsUser: 1000 } }],
    ['the user of an image, checked by the kubelet', { runAsRoot: false }, { securityContext: { runAsNonRoot: true } }],
    [
      'root in one container',
      { runAsRoot: false },
      {
        securityContext: { runAsUser: 1000, runAsNonRoot: true },
        ...sidecar({ securityContext: { runAsUser: 0 } }),
      },
      'runAsRoot: spec.containers[side].securityContext.runAsUser 0 is root: it must be another user',
    ],
    [
      'whatever user the image has',
      { runAsRoot: false },
      { securityContext: { runAsNonRoot: true }, ...base({ securityContext: { runAsNonRoot: false } }) },
      'runAsRoot: spec.containers[base].securityContext.runAsNonRoot false must be true, or runAsUser be set',
    ],
  ],
  windows: [
    ['a user of the image', { runAsRoot: false }, windows({ runAsUserName: 'ContainerUser' })],
    ...['ContainerAdministrator', 'containeradministrator', 'NT AUTHORITY\\SYSTEM', 'Administrator'].map(
      (name): Row => [
        `its administrators: ${name}`,
        { runAsRoot: false },
        windows({ runAsUserName: name }),
        `runAsRoot: spec.containers[base].securityContext.windowsOptions.runAsUserName ${JSON.stringify(name)} is root: it must be another user`,
      ],
    ),
    [
      'whatever user its image has, and a number that only Linux reads',
      { runAsRoot: false },
      { os: { name: 'windows' }, securityContext: { runAsUser: 1000 } },
      'runAsRoot: spec.containers[base].securityContext.runAsNonRoot (absent) must be true, or windowsOptions.runAsUserName be set',
    ],
    ['its administrator, without a rule', {}, windows({ runAsUserName: 'ContainerAdministrator' })],
    [
      'an identity of the domain',
      {},
      windows({ gmsaCredentialSpecName: 'sql' }),
      'gmsaCredentials: spec.securityContext.windowsOptions.gmsaCredentialSpecName "sql" is not allowed; allowed: nothing',
    ],
    ['one of the list', { gmsaCredentials: ['etl-*'] }, windows({ gmsaCredentialSpecName: 'etl-1' })],
    [
      'an identity written out, which has no name',
      { gmsaCredentials: ['*', '!sql'] },
      windows({ gmsaCredentialSpec: '{}' }),
      'gmsaCredentials: spec.securityContext.windowsOptions.gmsaCredentialSpec "{}" is not allowed; it needs gmsaCredentials: [\'*\']',
    ],
    [
      'an option that is not known',
      {},
      windows({ hostEverything: true }),
      'fields: spec.securityContext.windowsOptions.hostEverything is not known to this worker, and not allowed as long as it is not',
    ],
  ],
  capabilities: [
    ['all but one', { capabilities: ['ALL', '!cap_sys_admin'] }, caps('NET_ADMIN')],
    [
      'the one that is taken back',
      { capabilities: ['ALL', '!cap_sys_admin'] },
      caps('SYS_ADMIN'),
      'capabilities: spec.containers[base].securityContext.capabilities.add[0] "SYS_ADMIN" is not allowed; allowed: *, !SYS_ADMIN',
    ],
    [
      'all of them, where one is taken back',
      { capabilities: ['ALL', '!cap_sys_admin'] },
      caps('ALL'),
      'capabilities: spec.containers[base].securityContext.capabilities.add[0] "ALL" is not allowed; allowed: *, !SYS_ADMIN',
    ],
    ['of Pod Security baseline', {}, caps('CHOWN', 'CAP_KILL', 'net_bind_service')],
    ...['SYS_ADMIN', 'CAP_SYS_ADMIN', 'cap_sys_admin'].map((name): Row => [
      name,
      { capabilities: ['CHOWN', 'cap_kill'] },
      caps('KILL', name),
      'capabilities: spec.containers[base].securityContext.capabilities.add[1] "SYS_ADMIN" is not allowed; allowed: CHOWN, KILL',
    ]),
    [
      'all of them',
      { capabilities: ['CHOWN'] },
      caps('all'),
      'capabilities: spec.containers[base].securityContext.capabilities.add[0] "ALL" is not allowed; allowed: CHOWN',
    ],
    ['all of them, where allowed', { capabilities: ['ALL'] }, caps('ALL', 'SYS_ADMIN')],
  ],
  kernel: [
    [
      'an unmasked /proc',
      {},
      base({ securityContext: { procMount: 'Unmasked' } }),
      'procMounts: spec.containers[base].securityContext.procMount "Unmasked" is not allowed; allowed: Default',
    ],
    ['an unmasked /proc, where allowed', { procMounts: ['*'] }, base({ securityContext: { procMount: 'Unmasked' } })],
    [
      'a sysctl that is taken back, in its other spelling',
      { sysctls: ['*', '!kernel.msgmax'] },
      { securityContext: { sysctls: [{ name: 'kernel/msgmax', value: '1' }] } },
      'sysctls: spec.securityContext.sysctls[0].name "kernel.msgmax" is not allowed; allowed: *, !kernel.msgmax',
    ],
    [
      'an SELinux role, where one type is taken back',
      { seLinuxTypes: ['*', '!spc_t'] },
      base({ securityContext: { seLinuxOptions: { role: 'sysadm_r' } } }),
      'seLinuxTypes: spec.containers[base].securityContext.seLinuxOptions.role "sysadm_r" is not allowed; it needs seLinuxTypes: [\'*\']',
    ],
    ['a safe sysctl', {}, { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } }],
    [
      'another sysctl',
      { sysctls: ['net.core.somaxconn'] },
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      'sysctls: spec.securityContext.sysctls[0].name "kernel.msgmax" is not allowed; allowed: net.core.somaxconn',
    ],
    [
      'no seccomp, for the pod',
      {},
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'seccompProfiles: spec.securityContext.seccompProfile.type "Unconfined" is not allowed; allowed: *, !Unconfined',
    ],
    [
      'no seccomp, for an init container',
      {},
      init({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfiles: spec.initContainers[init].securityContext.seccompProfile.type "Unconfined" is not allowed; allowed: *, !Unconfined',
    ],
    [
      'no word about seccomp, where one is needed',
      { seccompProfiles: ['RuntimeDefault'] },
      {},
      'seccompProfiles: spec.containers[base].securityContext.seccompProfile.type "" is not allowed; allowed: RuntimeDefault',
    ],
    [
      'seccomp of the pod, where one is needed',
      { seccompProfiles: ['RuntimeDefault'] },
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    ],
    [
      'no AppArmor',
      {},
      base({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
      'appArmorProfiles: spec.containers[base].securityContext.appArmorProfile.type "Unconfined" is not allowed; allowed: *, !Unconfined',
    ],
    ['an SELinux level', {}, { securityContext: { seLinuxOptions: { level: 's0' } } }],
    [
      'another SELinux type',
      { seLinuxTypes: ['', 'container_t'] },
      { securityContext: { seLinuxOptions: { type: 'spc_t' } } },
      'seLinuxTypes: spec.securityContext.seLinuxOptions.type "spc_t" is not allowed; allowed: \'\', container_t',
    ],
    [
      'an SELinux role',
      {},
      base({ securityContext: { seLinuxOptions: { role: 'sysadm_r' } } }),
      'seLinuxTypes: spec.containers[base].securityContext.seLinuxOptions.role "sysadm_r" is not allowed; it needs seLinuxTypes: [\'*\']',
    ],
  ],
  classes: [
    ['a priority class', {}, { priorityClassName: 'batch' }],
    [
      'one of the cluster’s own',
      {},
      { priorityClassName: 'system-node-critical' },
      'priorityClasses: spec.priorityClassName "system-node-critical" is not allowed; allowed: *, !system-*',
    ],
    [
      'no runtime class, where one is needed',
      { runtimeClasses: ['gvisor'] },
      {},
      'runtimeClasses: spec.runtimeClassName "" is not allowed; allowed: gvisor',
    ],
    ['none, where none may be', { runtimeClasses: ['', 'gvisor'] }, {}],
    [
      'another scheduler',
      { schedulers: ['default-scheduler'] },
      { schedulerName: 'mine' },
      'schedulers: spec.schedulerName "mine" is not allowed; allowed: default-scheduler',
    ],
    ['the usual scheduler', { schedulers: ['default-scheduler'] }, {}],
    ['our gate', { schedulingGates: [] }, { schedulingGates: [{ name: 'temporal-pods/recorded' }] }],
    [
      'another gate',
      { schedulingGates: [] },
      { schedulingGates: [{ name: 'temporal-pods/recorded' }, { name: 'x/y' }] },
      'schedulingGates: spec.schedulingGates[x/y].name "x/y" is not allowed; allowed: nothing',
    ],
  ],
  nodes: [
    ['any, without a rule', {}, { nodeName: 'n1', nodeSelector: { pool: 'a' }, tolerations: [{ operator: 'Exists' }] }],
    ...(
      [
        ['selector', { nodeSelector: { x: '1' } }, 'spec.nodeSelector'],
        [
          'required affinity',
          affine({
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [is('x')] }] },
          }),
          'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key',
        ],
        [
          'preferred affinity',
          affine({
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [is('x')] } },
            ],
          }),
          'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key',
        ],
        [
          'affinity to a pod',
          { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x' }] } } },
          'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
        ],
        [
          'spread',
          { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'x', whenUnsatisfiable: 'DoNotSchedule' }] },
          'spec.topologySpreadConstraints[x/DoNotSchedule].topologyKey',
        ],
      ] as [string, Given, string][]
    ).map(([law, given, path]): Row => [
      `by a label of others: ${law}`,
      { nodeLabels: ['team/*'] },
      given,
      `nodeLabels: ${path} "x" is not allowed; allowed: team/*`,
    ]),
    ['by a label of the list', { nodeLabels: ['team/*'] }, { nodeSelector: { 'team/pool': '1' } }],
    [
      'by name',
      { nodeNames: false },
      { nodeName: 'n1' },
      'nodeNames: spec.nodeName "n1" is not allowed; it needs nodeNames: true',
    ],
    [
      'by the label with the name',
      { nodeNames: false },
      { nodeSelector: { 'kubernetes.io/hostname': 'n1' } },
      'nodeNames: spec.nodeSelector "kubernetes.io/hostname" is not allowed; it needs nodeNames: true',
    ],
    [
      'by a field of the node',
      { nodeNames: false },
      affine({
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
        },
      }),
      'nodeNames: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0] ["n1"] is not allowed; it needs nodeNames: true',
    ],
    ['tainted as allowed', { tolerations: ['team/*'] }, { tolerations: [{ key: 'team/gpu', operator: 'Exists' }] }],
    [
      'with any taint, where all but one may be tolerated',
      { tolerations: ['*', '!gpu'] },
      { tolerations: [{ operator: 'Exists' }] },
      'tolerations: spec.tolerations[0].key "" is not allowed; allowed: *, !gpu',
    ],
    [
      'with any taint, where that is listed',
      { tolerations: ['', '*', '!gpu'] },
      { tolerations: [{ operator: 'Exists' }] },
    ],
    ['where they must be', POOL, { nodeSelector: { pool: 'batch' } }],
    [
      'where they must be, one of several',
      { requireNodeSelector: { pool: ['web', 'b*'] } },
      { nodeSelector: { pool: 'batch' } },
    ],
    [
      'elsewhere than they must be',
      POOL,
      { nodeSelector: { pool: 'web' } },
      'requireNodeSelector: spec.nodeSelector.pool "web" is not allowed; allowed: batch',
    ],
    [
      'anywhere, where they must be somewhere',
      POOL,
      { nodeSelector: {} },
      'requireNodeSelector: spec.nodeSelector.pool (absent) must be there; allowed: batch',
    ],
    [
      'by an affinity alone, which is no selector',
      POOL,
      affine({
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [is('pool')] }] },
      }),
      'requireNodeSelector: spec.nodeSelector.pool (absent) must be there; allowed: batch',
    ],
    ['by a label that is demanded, and so allowed', { ...POOL, nodeLabels: [] }, { nodeSelector: { pool: 'batch' } }],
    [
      'with any taint',
      { tolerations: ['team/*'] },
      { tolerations: [{ operator: 'Exists' }] },
      'tolerations: spec.tolerations[0].key "" is not allowed; allowed: team/*',
    ],
  ],
  resources: [
    ['as much as allowed', ONE_GI, base(amounts({ memory: '1Gi' }))],
    [
      'more',
      ONE_GI,
      base(amounts({ memory: '1025Mi' })),
      'resources.memory.limit: all containers together limits 1025Mi of memory; allowed: 1Gi',
    ],
    [
      'more, written otherwise',
      ONE_GI,
      base(amounts({ memory: '1e12' })),
      'resources.memory.limit: all containers together limits 1000000000000 of memory; allowed: 1Gi',
    ],
    [
      'a byte more, in thousandths',
      ONE_GI,
      base(amounts({ memory: '1073741824001m' })),
      'resources.memory.limit: all containers together limits 1073741824001m of memory; allowed: 1Gi',
    ],
    [
      'more together',
      ONE_GI,
      {
        containers: [
          { ...BASE, ...amounts({ memory: '600Mi' }) },
          { ...BASE, name: 'b', ...amounts({ memory: '600Mi' }) },
        ],
      },
      'resources.memory.limit: all containers together limits 1200Mi of memory; allowed: 1Gi',
    ],
    [
      'as much in an init container as in the main one, one after the other',
      ONE_GI,
      { ...base(amounts({ memory: '1Gi' })), ...init(amounts({ memory: '1Gi' })) },
    ],
    [
      'a sidecar beside the main one',
      ONE_GI,
      { ...base(amounts({ memory: '1Gi' })), ...init({ restartPolicy: 'Always', ...amounts({ memory: '1Mi' }) }) },
      'resources.memory.limit: all containers together limits 1025Mi of memory; allowed: 1Gi',
    ],
    [
      'an init container beside a sidecar',
      ONE_GI,
      {
        ...base(amounts({ memory: '1Mi' })),
        initContainers: [
          { ...BASE, name: 'side', restartPolicy: 'Always', ...amounts({ memory: '512Mi' }) },
          { ...BASE, name: 'init', ...amounts({ memory: '513Mi' }) },
        ],
      },
      'resources.memory.limit: all containers together limits 1025Mi of memory; allowed: 1Gi',
    ],
    [
      'no limit at all',
      ONE_GI,
      {},
      'requireLimits: spec.containers[base].resources.limits.memory (absent) must be there',
    ],
    [
      'no limit in an init container',
      ONE_GI,
      { ...base(amounts({ memory: '1Gi' })), ...init({}) },
      'requireLimits: spec.initContainers[init].resources.limits.memory (absent) must be there',
    ],
    [
      'a limit for the whole pod, which older clusters leave out',
      ONE_GI,
      amounts({ memory: '1Gi' }),
      'requireLimits: spec.containers[base].resources.limits.memory (absent) must be there',
    ],
    [
      'more for the whole pod',
      ONE_GI,
      { ...base(amounts({ memory: '1Gi' })), ...amounts({ memory: '2Gi' }) },
      'resources.memory.limit: spec.resources.limits.memory limits 2Gi of memory; allowed: 1Gi',
    ],
    ['nothing requested', TWO_CPUS, {}],
    [
      'a limit that is also the request',
      TWO_CPUS,
      base(amounts({ cpu: '2001m' })),
      'resources.cpu.request: all containers together requests 2001m of cpu; allowed: 2',
    ],
    ['a request below its limit', TWO_CPUS, base(amounts({ cpu: '16' }, { cpu: '2' }))],
    [
      'what is no amount',
      TWO_CPUS,
      base(amounts({}, { cpu: '0x10' })),
      'resources.cpu.request: spec.containers[base].resources.requests.cpu "0x10" is not a quantity',
    ],
    ['no GPU asked for, and none allowed', { resources: { 'nvidia.com/gpu': { limit: 0 } } }, {}],
    [
      'a GPU, and none allowed',
      { resources: { 'nvidia.com/gpu': { limit: 0 } } },
      base(amounts({ 'nvidia.com/gpu': '1' })),
      'resources.nvidia.com/gpu.limit: all containers together limits 1 of nvidia.com/gpu; allowed: 0',
    ],
    [
      'an extended resource that no entry names',
      { resources: { cpu: { limit: 2 }, '*': { limit: 0 } } },
      base(amounts({ cpu: '1', 'example.com/fpga': '1' })),
      'resources.example.com/fpga.limit: all containers together limits 1 of example.com/fpga; allowed: 0',
    ],
    [
      'huge pages that no entry names, of an init container',
      { resources: { '*': { limit: 0 } } },
      init(amounts({ 'hugepages-2Mi': '64Mi' })),
      'resources.hugepages-2Mi.limit: all containers together limits 64Mi of hugepages-2Mi; allowed: 0',
    ],
    [
      'huge pages of the whole pod',
      { resources: { 'hugepages-*': { limit: '32Mi' } } },
      { ...base({}), ...amounts({ 'hugepages-2Mi': '64Mi' }) },
      'resources.hugepages-2Mi.limit: spec.resources.limits.hugepages-2Mi limits 64Mi of hugepages-2Mi; allowed: 32Mi',
    ],
    [
      'cpu and memory, which a name with * does not mean',
      { resources: { '*': { limit: 0 } } },
      base(amounts({ cpu: '1', memory: '1Gi' })),
    ],
    [
      'a resource that has an entry of its own',
      { resources: { '*': { limit: 0 }, 'nvidia.com/gpu': { limit: 1 } } },
      base(amounts({ 'nvidia.com/gpu': '1' })),
    ],
    ['limits where they must be', { requireLimits: ['cpu'] }, base(amounts({ cpu: '1' }))],
    [
      'no limit where one must be',
      { requireLimits: ['cpu'] },
      base(amounts({}, { cpu: '1' })),
      'requireLimits: spec.containers[base].resources.limits.cpu (absent) must be there',
    ],
  ],
  time: [
    ['the longest run, and the minute that the manifest adds', { maxRunTime: '1h' }, { activeDeadlineSeconds: 3660 }],
    [
      'longer',
      { maxRunTime: '1h' },
      { activeDeadlineSeconds: 3661 },
      'maxRunTime: spec.activeDeadlineSeconds 3661 (timeouts.total and 60 s) is longer than 1h allows; set timeouts.total to at most 1h',
    ],
    [
      'no end',
      { maxRunTime: '1h' },
      {},
      'maxRunTime: spec.activeDeadlineSeconds (absent) (timeouts.total and 60 s) is longer than 1h allows; set timeouts.total to at most 1h',
    ],
    ['the usual grace', { maxGrace: '30s' }, {}],
    [
      'a longer grace',
      { maxGrace: '1m' },
      { terminationGracePeriodSeconds: 61 },
      'maxGrace: spec.terminationGracePeriodSeconds 61 is longer than 1m',
    ],
    [
      'a longer grace in a probe',
      { maxGrace: '1m' },
      base({ livenessProbe: { terminationGracePeriodSeconds: 90 } }),
      'maxGrace: spec.containers[base].livenessProbe.terminationGracePeriodSeconds 90 is longer than 1m',
    ],
  ],
  fields: [
    [
      'of the pod that are not known',
      {},
      { hostEverything: true } as Given,
      'fields: spec.hostEverything is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'that differ in a letter’s case',
      {},
      { HostNetwork: true } as Given,
      'fields: spec.HostNetwork is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'of a container',
      {},
      init({ super: 1 } as object),
      'fields: spec.initContainers[init].super is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'of its security context',
      {},
      base({ securityContext: { god: true } as object }),
      'fields: spec.containers[base].securityContext.god is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'that are another source of a variable',
      {},
      base({ env: [{ name: 'A', valueFrom: { vaultRef: {} } as object }] }),
      'fields: spec.containers[base].env[A].valueFrom.vaultRef is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'that are another source of a projected volume',
      {},
      volume({ projected: { sources: [{ nodeToken: {} } as object] } }),
      'fields: spec.volumes[v].projected.sources[0].nodeToken is not known to this worker, and not allowed as long as it is not',
    ],
    [
      'of debug containers',
      {},
      { ephemeralContainers: [{ name: 'debug', image: 'x' }] },
      'ephemeralContainers: spec.ephemeralContainers[debug] "debug" cannot be part of a new pod',
    ],
  ],
};

function env(name: string) {
  return { name: 'A', valueFrom: { secretKeyRef: { name, key: 'k' } } };
}
function ref(name: string) {
  return { secretRef: { name } };
}
function is(key: string) {
  return { key, operator: 'Exists' };
}
function affine(nodeAffinity: NonNullable<NonNullable<V1PodSpec['affinity']>['nodeAffinity']>): Given {
  return { affinity: { nodeAffinity } };
}
function caps(...add: string[]): Given {
  return base({ securityContext: { capabilities: { add } } });
}
/** One container per mount of a folder of the node. */
function mounted(readOnly: (boolean | undefined)[]): Given {
  return {
    ...volume({ hostPath: { path: '/data/in' } }),
    containers: readOnly.map((only, n) => ({
      name: `c${n}`,
      image: 'x',
      volumeMounts: [{ name: 'v', mountPath: '/m', ...(only && { readOnly: only }) }],
    })),
  };
}

for (const [rule, laws] of Object.entries(rows))
  suite(`policy: ${rule}`, () => {
    for (const [law, policy, given, fault] of laws)
      test(`${fault === undefined ? 'allows' : 'refuses'}: ${law}`, () => {
        assert.deepEqual(policyFaults(policy, pod(given)), fault === undefined ? [] : [fault]);
      });
  });

suite('policy: what a pod must say', () => {
  const named = (metadata: V1Pod['metadata']) => ({ ...pod({}), metadata: { namespace: 'n', ...metadata } });
  const policy: Policy = { requireLabels: { team: ['sales', 'data-*'] }, requireAnnotations: { 'cost/center': '*' } };

  test('labels and annotations of these values', () => {
    const good = named({ labels: { team: 'data-etl' }, annotations: { 'cost/center': '4711' } });
    assert.deepEqual(policyFaults(policy, good), []);
    assert.deepEqual(policyFaults(policy, named({ labels: { team: 'hr' } })), [
      'requireLabels: metadata.labels.team "hr" is not allowed; allowed: sales, data-*',
      'requireAnnotations: metadata.annotations.cost/center (absent) must be there; allowed: *',
    ]);
  });

  test('what is demanded is allowed', () => {
    const good = named({ labels: { team: 'sales' }, annotations: { 'cost/center': '1' } });
    assert.deepEqual(policyFaults({ ...policy, labels: [], annotations: [] }, good), []);
  });

  test('a template’s label that an author takes away is missed', () => {
    const layers = [{ from: 'templates.defaults', pod: { metadata: { labels: { team: 'sales' } } } }];
    const context = {
      ...{ namespace: 'n', task: 't', try: 1, deadline: 0, activeDeadlineSeconds: 60 },
      key: { temporalNamespaceId: 't', workflowId: 'w', runId: 'r', activityId: 'a' },
    };
    const spec = { image: 'x', template: { metadata: { labels: { $patch: 'replace' } } } };
    const demand = { requireLabels: { team: 'sales' } };
    assert.deepEqual(policyFaults(demand, podManifest({ image: 'x' }, context, layers)), []);
    assert.deepEqual(policyFaults(demand, podManifest(spec, context, layers)), [
      'requireLabels: metadata.labels.team (absent) must be there; allowed: sales',
    ]);
  });
});

suite('policy: names and places', () => {
  test('no key is ours because every object has it', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      for (const rule of ['labels', 'annotations'] as const)
        assert.deepEqual(policyFaults({ [rule]: [] }, named({ [rule]: Object.fromEntries([[key, 'x']]) })), [
          `${rule}: metadata.${rule} "${key}" is not allowed; allowed: nothing`,
        ]);
  });

  const named = (metadata: V1Pod['metadata']) => ({ ...pod({}), metadata: metadata ?? {} });
  test('a namespace of the list, and no other', () => {
    const policy = { namespaces: ['team-*'] };
    assert.deepEqual(policyFaults(policy, named({ namespace: 'team-a' })), []);
    assert.deepEqual(policyFaults(policy, named({ namespace: 'kube-system' })), [
      'namespaces: metadata.namespace "kube-system" is not allowed; allowed: team-*',
    ]);
  });

  test('labels and annotations of the lists, and ours', () => {
    const policy = { labels: ['team'], annotations: [] };
    const ours = { 'temporal-pods/key': 'k', 'app.kubernetes.io/managed-by': 'temporal-pods' };
    assert.deepEqual(policyFaults(policy, named({ labels: { ...ours, team: 'a' }, annotations: ours })), []);
    assert.deepEqual(policyFaults(policy, named({ labels: { app: 'web' }, annotations: { 'x/y': '' } })), [
      'labels: metadata.labels "app" is not allowed; allowed: team',
      'annotations: metadata.annotations "x/y" is not allowed; allowed: nothing',
    ]);
  });

  test('AppArmor is not switched off by the old annotation either', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/base': 'unconfined' };
    assert.deepEqual(policyFaults({}, named({ annotations })), [
      'appArmorProfiles: metadata.annotations.container.apparmor.security.beta.kubernetes.io/base "Unconfined" is not allowed; allowed: *, !Unconfined',
    ]);
  });
});

suite('policy: whole pods', () => {
  const manifest = (spec: PodSpec) =>
    podManifest(spec, {
      namespace: 'n',
      task: 'orders',
      try: 1,
      key: { temporalNamespaceId: 't', workflowId: 'w', runId: 'r', activityId: 'a' },
      deadline: 0,
      activeDeadlineSeconds: 86_460,
    });

  test('a plain spec passes without a policy, and the strictest one that names what it needs', () => {
    assert.deepEqual(policyFaults(DEFAULT_POLICY, manifest({ image: 'etl:3' })), []);
    const strict: Policy = {
      ...{ images: ['etl:3'], labels: [], annotations: [], secrets: [], configMaps: [], volumeTypes: [] },
      ...{ privilegeEscalation: false, runAsRoot: false, capabilities: [], seccompProfiles: ['RuntimeDefault'] },
      ...{ runtimeClasses: [''], priorityClasses: [''], schedulingGates: [], nodeLabels: [], tolerations: [] },
      ...{ nodeNames: false, maxRunTime: '24h', maxGrace: '30s', namespaces: ['n'] },
    };
    assert.deepEqual(policyFaults(strict, manifest({ image: 'etl:3' })), []);
  });

  test('every fault is told, not only the first', () => {
    const faults = policyFaults({ images: [] }, pod({ hostNetwork: true, hostPID: true, serviceAccountName: 'x' }));
    assert.deepEqual(
      faults.map((fault) => fault.split(':')[0]),
      ['serviceAccounts', 'images', 'hostNetwork', 'hostPID'],
    );
  });

  test('a manifest of the wrong form is judged without an error: the API server refuses it', () => {
    for (const spec of [
      null,
      [],
      { containers: {} },
      { containers: [null, 1, 'x', { securityContext: 1, env: {}, ports: 'p', livenessProbe: [] }] },
      { volumes: [null, { projected: { sources: {} }, csi: 1, hostPath: 'x', persistentVolumeClaim: true }] },
      { securityContext: 'x', affinity: [], tolerations: 'x', nodeSelector: 'x', resources: 5 },
      { containers: [{ securityContext: { capabilities: { add: 'ALL' } }, resources: { limits: [] } }] },
    ])
      assert.ok(Array.isArray(policyFaults(ONE_GI, { spec } as unknown as V1Pod)));
  });
});
