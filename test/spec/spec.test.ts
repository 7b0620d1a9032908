/** The door: each bad spec is refused by path and value, and creates nothing; good ones pass. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readYaml } from '../../src/common/yaml.ts';
import { specHints } from '../../src/spec/hints.ts';
import { specFaults } from '../../src/spec/index.ts';
import type { PodSpec } from '../../src/contract/index.ts';
import { failureOf, inWorld } from '../support/pods.ts';
import { hello } from '../activities/support.ts';

const I = { image: 'x' };
const t = (spec: object) => ({ ...I, template: { spec } });
const c = (container: object) => t({ containers: [{ name: 'base', ...container }] });
const cyclic: Record<string, unknown> = { image: 'x' };
cyclic['labels'] = { a: cyclic };
const nested = (depth: number): unknown => (depth === 0 ? 1 : { v: nested(depth - 1) });

/** One mistake each, so one line each. */
const BAD: [spec: unknown, fault: string][] = [
  [null, 'spec: must be an object, got null'],
  [[], 'spec: must be an object, got []'],
  ['x', 'spec: must be an object, got "x"'],
  [5, 'spec: must be an object, got 5'],
  [undefined, 'spec: must be an object, got nothing'],
  [{}, "image: is missing; the main container 'base' needs one, here or in template.spec.containers"],
  [{ image: '' }, 'image: is empty or has a blank in it, got ""'],
  [{ image: 'a b' }, 'image: is empty or has a blank in it, got "a b"'],
  [{ image: 5 }, 'image: must be a string, got 5'],
  [
    { ...I, template: { spec: { containers: [{ name: 'side', image: 'x' }] } }, image: undefined },
    "image: is missing; the main container 'base' needs one, here or in template.spec.containers",
  ],
  [
    { mainContainer: 'work', template: { spec: { containers: [{ name: 'base', image: 'x' }] } } },
    "image: is missing; the main container 'work' needs one, here or in template.spec.containers",
  ],
  [cyclic, 'labels.a: contains itself'],
  [
    { ...I, annotations: nested(100) },
    'annotations.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v: is nested more than 64 levels deep',
  ],
  [{ ...I, timeouts: { run: NaN } }, 'timeouts.run: must be a number, got NaN'],
  [{ ...I, args: [undefined] }, 'args[0]: must be a value, got nothing'],
  [{ ...I, args: [() => 1] }, 'args[0]: must be plain JSON, got a function'],
  [{ ...I, grace: 5n }, 'grace: must be plain JSON, got a bigint'],
  [{ ...I, labels: new Map() }, 'labels: must be plain JSON, got an object of a class'],
  [{ ...I, keepFor: new Date(0) }, 'keepFor: must be plain JSON, got an object of a class'],
  [
    { ...I, env: { A: 'x'.repeat(300_000) } },
    'spec: is too large: 300030 bytes as JSON, at most 262144 bytes and 5000 values; large values belong in a ConfigMap, a volume or the image',
  ],
  [
    { ...I, env: { A: 'x'.repeat(131_070) } },
    'env.A: has 131072 bytes with its name, more than the 131071 that Linux takes, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...',
  ],
  [
    { ...I, args: ['x'.repeat(131_072)] },
    'args[0]: is longer than the 131071 bytes that Linux takes, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...',
  ],
  [
    { ...I, args: Array.from({ length: 10_000 }, () => 'x') },
    'spec: is too large: more than 5000 values, at most 262144 bytes and 5000 values; large values belong in a ConfigMap, a volume or the image',
  ],
  ...['constructor', 'toString', '__proto__'].map((name): [spec: unknown, fault: string] => [
    { ...I, env: { A: Object.fromEntries([[name, { a: 1 }]]) } },
    `env.A.${name}: is not a field that Kubernetes knows`,
  ]),
  [{ ...I, command: ['a\0b'] }, 'command[0]: has a zero byte in it, which no program is given, got "a\\u0000b"'],
  [{ ...I, env: { A: '\0' } }, 'env.A: has a zero byte in it, which no program is given, got "\\u0000"'],
  [{ ...I, command: 'run' }, 'command: must be a list, got "run"'],
  [{ ...I, args: [1] }, 'args[0]: must be a string, got 1'],
  [{ ...I, comand: ['x'] }, 'comand: is not a field that runPod knows, got ["x"]; did you mean command?'],
  [{ ...I, cmds: ['x'] }, 'cmds: is not a field that runPod knows, got ["x"]; here it is command'],
  [{ ...I, arguments: [] }, 'arguments: is not a field that runPod knows, got []; here it is args'],
  [{ ...I, env_vars: {} }, 'env_vars: is not a field that runPod knows, got {}; here it is env'],
  [
    { ...I, startup_timeout_seconds: 600 },
    'startup_timeout_seconds: is not a field that runPod knows, got 600; here it is timeouts.start: "600s"',
  ],
  [
    { ...I, retry_delay: 300 },
    'retry_delay: is not a field that runPod knows, got 300; here it is retries.delay: "300s"',
  ],
  [
    { ...I, termination_grace_period: 30 },
    'termination_grace_period: is not a field that runPod knows, got 30; here it is grace: "30s"',
  ],
  [
    { ...I, execution_timeout: '1h' },
    'execution_timeout: is not a field that runPod knows, got "1h"; here it is timeouts.total: "600s"',
  ],
  [
    { ...I, service_account_name: 'x' },
    'service_account_name: is not a field that runPod knows, got "x"; here it is serviceAccount',
  ],
  [
    { ...I, serviceAccountName: 'x' },
    'serviceAccountName: is not a field that runPod knows, got "x"; here it is serviceAccount',
  ],
  [
    { ...I, container_resources: {} },
    'container_resources: is not a field that runPod knows, got {}; here it is resources',
  ],
  [{ ...I, get_logs: true }, 'get_logs: is not a field that runPod knows, got true; here it is logs.containers'],
  [{ ...I, do_xcom_push: true }, 'do_xcom_push: is not a field that runPod knows, got true; here it is result'],
  [
    { ...I, on_finish_action: 'keep_pod' },
    'on_finish_action: is not a field that runPod knows, got "keep_pod"; here it is onFinish',
  ],
  [
    { ...I, initContainers: [] },
    'initContainers: is not a field that runPod knows, got []; it goes into template.spec.initContainers',
  ],
  [
    { ...I, workingDir: '/' },
    'workingDir: is not a field that runPod knows, got "/"; it is the main container\'s, in template.spec.containers: workingDir',
  ],
  [{ ...I, toString: 1 }, 'toString: is not a field that runPod knows, got 1'],
  [{ ...I, __proto__x: 1 }, '__proto__x: is not a field that runPod knows, got 1'],
  [
    { ...I, retries: { count: 1, dealy: '5s' } },
    'retries.dealy: is not a field that runPod knows, got "5s"; did you mean delay?',
  ],
  [
    { ...I, result: { from: 'log', maker: 'x' } },
    'result.maker: is not a field that runPod knows, got "x"; did you mean marker?',
  ],
  [
    { ...I, timeouts: { strat: '5m' } },
    'timeouts.strat: is not a field that runPod knows, got "5m"; did you mean start?',
  ],
  [
    { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [] } },
    'spec: is a whole Pod: put its metadata and spec under template, got {"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":[]}}',
  ],
  [{ ...I, quux: 1 }, 'quux: is not a field that runPod knows, got 1'],
  [{ ...I, env: ['A=1'] }, 'env: must be an object, got ["A=1"]'],
  [{ ...I, env: { A: 5 } }, 'env.A: must be a string, got 5; write it in quotes, "5"'],
  [readYaml('image: x\nenv: { VERSION: 1.10 }'), 'env.VERSION: must be a string, got 1.10; write it in quotes, "1.10"'],
  [readYaml('image: x\nenv: { MODE: 0644 }'), 'env.MODE: must be a string, got 0644; write it in quotes, "0644"'],
  [readYaml('image: x\nlabels: { version: 1.10 }'), 'labels.version: must be a string, got 1.10'],
  [readYaml('image: x\nargs: [1.10]'), 'args[0]: must be a string, got 1.10'],
  [
    readYaml('image: x\ntemplate: { spec: { containers: [{ name: base, env: [{ name: A, value: 1.10 }] }] } }'),
    'template.spec.containers[base].env[A].value: must be text, got 1.10',
  ],
  [
    { ...I, env: { A: ['x'] } },
    'env.A: must be a string, null, or a reference ({ secretKeyRef: { name, key } }), got ["x"]',
  ],
  [{ ...I, env: { '1A': 'x' } }, 'env.1A: is not a name for a variable, got "1A"'],
  [
    { ...I, env: { TEMPORAL_PODS_TRY: '1' } },
    'env.TEMPORAL_PODS_TRY: begins with TEMPORAL_PODS_, which is for what a pod is told about itself, got "TEMPORAL_PODS_TRY"',
  ],
  [{ ...I, env: { A: { secretKeyRef: { name: 's' } } } }, 'env.A.secretKeyRef.key: is missing, got {"name":"s"}'],
  [
    { ...I, env: { A: {} } },
    'env.A: must have one of secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef, fileKeyRef, got {}',
  ],
  [
    { ...I, env: { A: { secretKeyRef: { name: 's', key: 'k' }, fieldRef: { fieldPath: 'x' } } } },
    'env.A: must have one of secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef, fileKeyRef, got {"secretKeyRef":{"name":"s","key":"k"},"fieldRef":{"fieldPath":"x"}}',
  ],
  [
    { ...I, env: { A: { value: 'x' } } },
    'env.A: must be the text or the reference itself, without value and valueFrom, got {"value":"x"}',
  ],
  [
    { ...I, env: { A: { secretRef: { name: 'x' } } } },
    'env.A.secretRef: is not a field that Kubernetes knows; did you mean secretKeyRef?',
  ],
  [{ ...I, envFrom: { secretRef: { name: 'x' } } }, 'envFrom: must be a list, got {"secretRef":{"name":"x"}}'],
  [
    { ...I, envFrom: [{ secretRef: { name: 'x' }, configMapRef: { name: 'y' } }] },
    'envFrom[0]: must have one of configMapRef and secretRef, got {"secretRef":{"name":"x"},"configMapRef":{"name":"y"}}',
  ],
  [{ ...I, envFrom: [{ secretRef: {} }] }, 'envFrom[0].secretRef.name: is missing, got {}'],
  [
    { ...I, imagePullPolicy: 'Sometimes' },
    'imagePullPolicy: must be "Always", "IfNotPresent" or "Never", got "Sometimes"',
  ],
  [{ ...I, imagePullSecrets: ['a', 'a'] }, 'imagePullSecrets: has a name twice, got ["a","a"]'],
  [{ ...I, imagePullSecrets: ['A_B'] }, 'imagePullSecrets[0]: is not a name: a-z, 0-9, - and ., got "A_B"'],
  [{ ...I, imagePullSecrets: 'a,b' }, 'imagePullSecrets: must be a list, got "a,b"'],
  [
    { ...I, resources: { limits: { cpu: 'lots' } } },
    'resources.limits.cpu: is not a quantity (as "250m", "2", "512Mi"), got "lots"',
  ],
  [
    { ...I, resources: { limit: { cpu: '1' } } },
    'resources.limit: is not a field that runPod knows, got {"cpu":"1"}; did you mean limits?',
  ],
  [
    { ...I, resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } },
    'resources.requests.memory: is more than its limit (1Gi), got "2Gi"',
  ],
  [
    { ...I, resources: { requests: { cpu: '-1' } } },
    'resources.requests.cpu: is not a quantity (as "250m", "2", "512Mi"), got "-1"',
  ],
  [{ ...I, volumes: {} }, 'volumes: must be a list, got {}'],
  [{ ...I, volumes: [{ emptyDir: {} }] }, 'volumes[0].name: is missing, got {"emptyDir":{}}'],
  [{ ...I, volumes: [{ name: 'v' }, { name: 'v' }] }, 'volumes: has two entries with the same name, got "v"'],
  [
    { ...I, volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] },
    'volumes[v]: is of more than one type, got ["emptyDir","hostPath"]',
  ],
  [
    { ...I, volumes: [{ name: 'V_', emptyDir: {} }] },
    'volumes[V_].name: is not a DNS label: a-z, 0-9 and -, at most 63, got "V_"',
  ],
  [
    { ...I, volumes: [{ name: 'v', emtyDir: {} }] },
    'volumes[v].emtyDir: is not a field that Kubernetes knows; did you mean emptyDir?',
  ],
  [
    { ...I, volumes: [{ name: 'temporal-pods-result', emptyDir: {} }] },
    'volumes[temporal-pods-result].name: begins with temporal-pods-, which is for the worker\'s own volumes, got "temporal-pods-result"',
  ],
  [{ ...I, volumeMounts: [{ name: 'v' }] }, 'volumeMounts[0].mountPath: is missing, got {"name":"v"}'],
  [{ ...I, volumeMounts: [{ mountPath: '/a' }] }, 'volumeMounts[/a].name: is missing, got {"mountPath":"/a"}'],
  [
    { ...I, volumeMounts: [{ name: 'v', mountPath: 'a' }] },
    'volumeMounts[a].mountPath: must be an absolute path, got "a"',
  ],
  [
    {
      ...I,
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'w', mountPath: '/a' },
      ],
    },
    'volumeMounts: has two entries with the same mountPath, got "/a"',
  ],
  [{ ...I, nodeSelector: { 'a b': 'x' } }, 'nodeSelector."a b": is not a label or annotation key, got "a b"'],
  [{ ...I, nodeSelector: { a: 1 } }, 'nodeSelector.a: must be a string, got 1'],
  [
    { ...I, tolerations: [{ keys: 'x' }] },
    'tolerations[0].keys: is not a field that Kubernetes knows; did you mean key?',
  ],
  [{ ...I, labels: { a: 'b c' } }, 'labels.a: is not a label value: at most 63 of A-Z a-z 0-9 . _ -, got "b c"'],
  [
    { ...I, labels: { 'temporal-pods/key': 'x' } },
    'labels.temporal-pods/key: is ours: it says whose pod this is, got "temporal-pods/key"',
  ],
  [
    { ...I, labels: { 'app.kubernetes.io/managed-by': 'me' } },
    'labels.app.kubernetes.io/managed-by: is ours: it says whose pod this is, got "app.kubernetes.io/managed-by"',
  ],
  [
    { ...I, annotations: { 'temporal-pods/deadline': 'x' } },
    'annotations.temporal-pods/deadline: is ours: it says whose pod this is, got "temporal-pods/deadline"',
  ],
  [{ ...I, annotations: { a: 1 } }, 'annotations.a: must be a string, got 1'],
  [
    { ...I, labels: { ['a'.repeat(64)]: '' } },
    'labels.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: is not a label or annotation key, got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
  ],
  [{ ...I, namespace: 'A' }, 'namespace: is not a DNS label: a-z, 0-9 and -, at most 63, got "A"'],
  [
    { ...I, namespace: 'a'.repeat(64) },
    'namespace: is not a DNS label: a-z, 0-9 and -, at most 63, got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
  ],
  [{ ...I, serviceAccount: '' }, 'serviceAccount: is not a name: a-z, 0-9, - and ., got ""'],
  [{ ...I, template: [] }, 'template: must be an object, got []'],
  [
    { ...I, template: { kind: 'Pod', spec: {} } },
    'template.kind: is not a field that runPod knows, got "Pod"; a template is metadata and spec alone',
  ],
  [
    { ...I, template: { metadata: { name: 'x' } } },
    'template.metadata.name: is not a field that runPod knows, got "x"; the pod is named after its task',
  ],
  [
    { ...I, template: { metadata: { labels: { 'temporal-pods/task': 'x' } } } },
    'template.metadata.labels.temporal-pods/task: is ours: it says whose pod this is, got "temporal-pods/task"',
  ],
  [
    t({ hostNetwerk: true }),
    'template.spec.hostNetwerk: is not a field that Kubernetes knows; did you mean hostNetwork?',
  ],
  [t({ hostNetwork: 'yes' }), 'template.spec.hostNetwork: must be true or false, got "yes"'],
  [
    t({ restartPolicy: 'OnFailure' }),
    'template.spec.restartPolicy: must be "Never": a task that runs twice is two tries, got "OnFailure"',
  ],
  [
    t({ ephemeralContainers: [{ name: 'x' }] }),
    'template.spec.ephemeralContainers: cannot be part of a new pod, got [{"name":"x"}]',
  ],
  [
    t({ terminationGracePeriodSeconds: 0 }),
    'template.spec.terminationGracePeriodSeconds: must be at least 1 second, got 0',
  ],
  [t({ activeDeadlineSeconds: -1 }), 'template.spec.activeDeadlineSeconds: must be at least 1 second, got -1'],
  [t({ containers: {} }), 'template.spec.containers: must be a list, got {}'],
  [t({ containers: [{ image: 'x' }] }), 'template.spec.containers[0].name: is missing, got {"image":"x"}'],
  [
    t({ containers: [{ name: 'a' }, { name: 'a' }] }),
    'template.spec.containers: has two entries with the same name, got "a"',
  ],
  [
    t({ containers: [{ name: 'a' }], initContainers: [{ name: 'a' }] }),
    'template.spec.containers: has two entries with the same name, got "a"',
  ],
  [
    t({ containers: [{ name: 'A B' }] }),
    'template.spec.containers["A B"].name: is not a DNS label: a-z, 0-9 and -, at most 63, got "A B"',
  ],
  [
    t({ containers: [{ name: 'temporal-pods-x' }] }),
    'template.spec.containers[temporal-pods-x].name: begins with temporal-pods-, which is for the worker\'s own containers, got "temporal-pods-x"',
  ],
  [
    t({ initContainers: [{ name: 'base', image: 'x' }] }),
    'mainContainer: is the name of an init container of the template, which decides nothing, got "base"',
  ],
  [
    c({ restartPolicy: 'Always' }),
    'template.spec.containers[base].restartPolicy: a task that runs twice is two tries; a sidecar that is started again goes into initContainers, got "Always"',
  ],
  [
    t({ initContainers: [{ name: 'i', restartPolicy: 'OnFailure' }] }),
    'template.spec.initContainers[i].restartPolicy: must be "Always" (a sidecar) or absent, got "OnFailure"',
  ],
  [
    c({ restartPolicyRules: [{ action: 'Restart' }] }),
    'template.spec.containers[base].restartPolicyRules: a task that runs twice is two tries, got [{"action":"Restart"}]',
  ],
  [c({ env: {} }), 'template.spec.containers[base].env: must be a list, got {}'],
  [
    c({ env: [{ name: 'A', value: '1' }, { name: 'A' }] }),
    'template.spec.containers[base].env: has two entries with the same name, got "A"',
  ],
  [
    c({ env: [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'x' } } }] }),
    'template.spec.containers[base].env[A]: has both value and valueFrom, got "1"',
  ],
  [
    c({ env: [{ name: 'TEMPORAL_PODS_RUN_ID', value: '1' }] }),
    'template.spec.containers[base].env[TEMPORAL_PODS_RUN_ID]: begins with TEMPORAL_PODS_, which is for what a pod is told about itself, got "TEMPORAL_PODS_RUN_ID"',
  ],
  [
    c({ envFrom: [{ prefix: 'A_' }] }),
    'template.spec.containers[base].envFrom[0]: must have one of configMapRef and secretRef, got {"prefix":"A_"}',
  ],
  [
    c({ ports: [{ containerPort: 80 }, { containerPort: 80 }] }),
    'template.spec.containers[base].ports: has two entries with the same containerPort and protocol, got "80/TCP"',
  ],
  [
    c({
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/a' },
      ],
    }),
    'template.spec.containers[base].volumeMounts: has two entries with the same mountPath, got "/a"',
  ],
  [
    c({ securityContext: { runAsUser: 'root' } }),
    'template.spec.containers[base].securityContext.runAsUser: must be a whole number, got "root"',
  ],
  [
    t({ volumes: [{ name: 'a', secret: {}, configMap: {} }] }),
    'template.spec.volumes[a]: is of more than one type, got ["secret","configMap"]',
  ],
  [
    t({ imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }),
    'template.spec.imagePullSecrets: has two entries with the same name, got "a"',
  ],
  [
    { ...I, templateFile: '/etc/x.yaml' },
    'templateFile: must be relative to the worker\'s folder of templates, got "/etc/x.yaml"',
  ],
  [
    { ...I, templateFile: '../x.yaml' },
    'templateFile: must not leave the worker\'s folder of templates, got "../x.yaml"',
  ],
  [{ ...I, templateFile: 'x.txt' }, 'templateFile: must end in .yaml, .yml or .json, got "x.txt"'],
  [{ ...I, mainContainer: 'Work' }, 'mainContainer: is not a DNS label: a-z, 0-9 and -, at most 63, got "Work"'],
  [{ ...I, timeouts: { run: 'soon' } }, 'timeouts.run: is not a length of time (as "90s", "15m", "2h"), got "soon"'],
  [{ ...I, timeouts: { run: 0 } }, 'timeouts.run: must be longer than 0, got 0'],
  [{ ...I, timeouts: { run: -1 } }, 'timeouts.run: is not a length of time (as "90s", "15m", "2h"), got -1'],
  [
    { ...I, timeouts: { run: '48h' } },
    'timeouts.run: is longer than timeouts.total (24h, its default), which would end it first, got "48h"',
  ],
  [
    { ...I, timeouts: { start: '2h', total: '1h' } },
    'timeouts.start: is longer than timeouts.total (1h), which would end it first, got "2h"',
  ],
  [{ ...I, timeouts: { total: '11y' } }, 'timeouts.total: is not a length of time (as "90s", "15m", "2h"), got "11y"'],
  [{ ...I, timeouts: { drain: '61s' } }, 'timeouts.drain: must be at most 60s, got "61s"'],
  [
    { ...I, timeouts: { startup: '1m' } },
    'timeouts.startup: is not a field that runPod knows, got "1m"; did you mean start?',
  ],
  [{ ...I, timeouts: '1h' }, 'timeouts: must be an object, got "1h"'],
  [
    { ...I, grace: '0s' },
    'grace: must be at least 1 s: with less a DELETE frees the name and not the process, got "0s"',
  ],
  [
    { ...I, grace: '500ms' },
    'grace: must be at least 1 s: with less a DELETE frees the name and not the process, got "500ms"',
  ],
  ...['memory', 'ephemeral-storage', 'hugepages-2Mi'].flatMap((name): [unknown, string][] => [
    [
      { ...I, resources: { limits: { [name]: '512m' } } },
      `resources.limits.${name}: is less than a byte, got "512m"; m is a thousandth, did you mean "512Mi"?`,
    ],
    [
      c({ resources: { requests: { [name]: '1500m' } } }),
      `template.spec.containers[base].resources.requests.${name}: is not a whole number of bytes, got "1500m"; m is a thousandth, did you mean "1500Mi"?`,
    ],
  ]),
  [{ ...I, resources: { requests: { memory: '0.5' } } }, 'resources.requests.memory: is less than a byte, got "0.5"'],
  [
    { ...I, volumes: [{ name: 'v', emptyDir: { sizeLimit: '64m' } }] },
    'volumes[v].emptyDir.sizeLimit: is less than a byte, got "64m"; m is a thousandth, did you mean "64Mi"?',
  ],
  [{ ...I, grace: '1.5s' }, 'grace: must be whole seconds: Kubernetes counts no others, got "1.5s"'],
  [{ ...I, grace: 30 }, 'grace: is 0.03 s; write "30s" if seconds were meant, "30ms" if not, got 30'],
  [
    { ...I, timeouts: { start: 600 } },
    'timeouts.start: is 0.6 s; write "600s" if seconds were meant, "600ms" if not, got 600',
  ],
  [
    { ...I, timeouts: { total: 86_400 } },
    'timeouts.total: is 86.4 s; write "86400s" if seconds were meant, "86400ms" if not, got 86400',
  ],
  [
    { ...I, timeouts: { run: '90' } },
    'timeouts.run: is 0.09 s; write "90s" if seconds were meant, "90ms" if not, got "90"',
  ],
  [
    { ...I, retries: { count: 1, delay: 300 } },
    'retries.delay: is 0.3 s; write "300s" if seconds were meant, "300ms" if not, got 300',
  ],
  [
    { ...I, keepForDebug: 999 },
    'keepForDebug: is 0.999 s; write "999s" if seconds were meant, "999ms" if not, got 999',
  ],
  [{ ...I, grace: 'x' }, 'grace: is not a length of time (as "90s", "15m", "2h"), got "x"'],
  [{ ...I, exitCodes: { success: [] } }, 'exitCodes.success: is empty: nothing would be a success, got []'],
  [{ ...I, exitCodes: { skip: [256] } }, 'exitCodes.skip[0]: is no exit code: 0 to 255, got 256'],
  [{ ...I, exitCodes: { skip: [1.5] } }, 'exitCodes.skip[0]: must be a whole number, got 1.5'],
  [{ ...I, exitCodes: { skip: [3, 3] } }, 'exitCodes.skip: has a code twice, got [3,3]'],
  [
    { ...I, exitCodes: { skip: [0] } },
    'exitCodes.skip: a code has one meaning, and exitCodes.success ([0] by default) has it too, got 0',
  ],
  [
    { ...I, exitCodes: { retry: [3], fatal: [3] } },
    'exitCodes.fatal: a code has one meaning, and exitCodes.retry has it too, got 3',
  ],
  [
    { ...I, exitCodes: { success: [0, 3], skip: [3] } },
    'exitCodes.skip: a code has one meaning, and exitCodes.success has it too, got 3',
  ],
  [{ ...I, exitCodes: { skip: 3 } }, 'exitCodes.skip: must be a list, got 3'],
  [{ ...I, exitCodes: { skipped: [3] } }, 'exitCodes.skipped: is not a field that runPod knows, got [3]'],
  [{ ...I, retries: -1 }, 'retries: must be 0 to 100, got -1'],
  [{ ...I, retries: 101 }, 'retries: must be 0 to 100, got 101'],
  [{ ...I, retries: 1.5 }, 'retries: must be a whole number, got 1.5'],
  [{ ...I, retries: '3' }, 'retries: must be a number, got "3"'],
  [{ ...I, retries: {} }, 'retries.count: must be a number, got nothing'],
  [{ ...I, retries: { count: 1, factor: 0.5 } }, 'retries.factor: must be 1 to 10, got 0.5'],
  [
    { ...I, retries: { count: 1, delay: '1h', maxDelay: '1m' } },
    'retries.maxDelay: is shorter than retries.delay (1h), got "1m"',
  ],
  [
    { ...I, retries: { count: 1, delay: 'x' } },
    'retries.delay: is not a length of time (as "90s", "15m", "2h"), got "x"',
  ],
  [{ ...I, retries: { count: 1, backoff: 2 } }, 'retries.backoff: is not a field that runPod knows, got 2'],
  [{ ...I, retries: null }, 'retries: must be an object, got null'],
  [{ ...I, idempotent: 'yes' }, 'idempotent: must be true or false, got "yes"'],
  [{ ...I, logs: true }, 'logs: must be an object, got true'],
  [{ ...I, logs: { containers: 'base' } }, 'logs.containers: must be "all" or a list of names, got "base"'],
  [{ ...I, logs: { containers: ['a', 'a'] } }, 'logs.containers: has a name twice, got ["a","a"]'],
  [{ ...I, logs: { maxLineBytes: 10 } }, 'logs.maxLineBytes: must be at least 256, got 10'],
  [{ ...I, logs: { maxBytes: 0 } }, 'logs.maxBytes: must be at least 1, got 0'],
  [{ ...I, logs: { tailBytes: 16_385 } }, 'logs.tailBytes: must be 0 to 16384, got 16385'],
  [{ ...I, logs: { level: 'info' } }, 'logs.level: is not a field that runPod knows, got "info"'],
  [{ ...I, events: 'sometimes' }, 'events: must be "onProblem", "always" or "never", got "sometimes"'],
  [{ ...I, result: 'log' }, 'result: must be an object, got "log"'],
  [{ ...I, result: { from: 'xcom' } }, 'result.from: must be "terminationMessage", "log" or "file", got "xcom"'],
  [{ ...I, result: { from: 'file' } }, 'result.path: must be a string, got nothing'],
  [{ ...I, result: { from: 'file', path: 'out.json' } }, 'result.path: must be an absolute path, got "out.json"'],
  [{ ...I, result: { from: 'file', path: '/' } }, 'result.path: must be a file, not a folder, got "/"'],
  [{ ...I, result: { from: 'file', path: '/a/../b' } }, 'result.path: must not have ".." in it, got "/a/../b"'],
  [
    { ...I, result: { from: 'file', path: '/proc/x' } },
    'result.path: must not be below /dev, /proc or /sys: those are the kernel’s, got "/proc/x"',
  ],
  [
    { ...I, result: { from: 'file', path: '//dev/shm/x' } },
    'result.path: must not be below /dev, /proc or /sys: those are the kernel’s, got "//dev/shm/x"',
  ],
  [
    { ...I, result: { from: 'file', path: '/out.json' } },
    'result.path: a folder of its own is mounted over /, which would hide what the image has there; choose one as /result/out.json, got "/out.json"',
  ],
  [
    { ...I, result: { from: 'file', path: '/etc/out.json' } },
    'result.path: a folder of its own is mounted over /etc, which would hide what the image has there; choose one as /result/out.json, got "/etc/out.json"',
  ],
  [{ ...I, result: { from: 'log', marker: '' } }, 'result.marker: is empty, got ""'],
  [
    { ...I, result: { from: 'log', marker: 'a\nb' } },
    'result.marker: has a line break in it: it begins a line of the log, got "a\\nb"',
  ],
  [{ ...I, result: { from: 'log', path: '/x' } }, 'result.path: is not a field that runPod knows, got "/x"'],
  [
    { ...I, result: { from: 'log', schema: { type: 'strng' } } },
    'result.schema.type: must be of string, number, integer, boolean, null, array, object, got "strng"',
  ],
  [
    { ...I, result: { from: 'log' }, logs: { containers: ['side'] } },
    'logs.containers: leaves out \'base\', whose log the result comes from, got ["side"]',
  ],
  [
    { ...I, result: { from: 'terminationMessage', required: 'no' } },
    'result.required: must be true or false, got "no"',
  ],
  [
    { ...I, result: { from: 'terminationMessage', schema: 'object' } },
    'result.schema: must be a JSON Schema, got "object"',
  ],
  [{ ...I, onFinish: 'keepSucceeded' }, 'onFinish: must be "delete", "keepFailed" or "keep", got "keepSucceeded"'],
  [
    { ...I, keepFor: '1h' },
    'keepFor: nothing is kept: it needs onFinish "keep" or "keepFailed", onCancel "keep" or keepForDebug, got "1h"',
  ],
  [{ ...I, onFinish: 'keep', keepFor: 0 }, 'keepFor: must be longer than 0, got 0'],
  [{ ...I, keepForDebug: '30d' }, 'keepForDebug: is longer than a pod is kept for anybody (29d), got "30d"'],
  [{ ...I, onCancel: 'leave' }, 'onCancel: must be "delete" or "keep", got "leave"'],
  [{ ...I, onPause: true }, 'onPause: must be "keep" or "delete", got true'],
  [{ ...I, keepForDebug: 'a while' }, 'keepForDebug: is not a length of time (as "90s", "15m", "2h"), got "a while"'],
  [{ ...I, callbacks: 'audit' }, 'callbacks: must be a list, got "audit"'],
  [{ ...I, callbacks: ['a', 'a'] }, 'callbacks: has a name twice, got ["a","a"]'],
  [{ ...I, callbacks: [''] }, 'callbacks[0]: is empty, got ""'],
];

const GOOD: Record<string, PodSpec> = {
  'an image alone': I,
  'an image in the template': { template: { spec: { containers: [{ name: 'base', image: 'x' }] } } },
  'an image in a file, perhaps': { templateFile: 'spark/driver.yaml' },
  'another main container': {
    mainContainer: 'work',
    template: { spec: { containers: [{ name: 'work', image: 'x' }] } },
  },
  'empty command and arguments': { ...I, command: [], args: [''] },
  'every source of a variable': {
    ...I,
    env: {
      TEXT: '',
      SECRET: { secretKeyRef: { name: 's', key: 'k', optional: true } },
      CONFIG: { configMapKeyRef: { name: 'c', key: 'k' } },
      IP: { fieldRef: { fieldPath: 'status.podIP' } },
      CPU: { resourceFieldRef: { resource: 'limits.cpu' } },
      'with.dot-and-dash': 'x',
      GONE: null,
    },
    envFrom: [{ prefix: 'A_', secretRef: { name: 's' } }, { configMapRef: { name: 'c' } }],
  },
  'as long a variable as Linux takes': { ...I, env: { A: 'x'.repeat(131_069) } },
  'as long an argument as Linux takes': { ...I, args: ['y'.repeat(131_071)] },
  'amounts as numbers too, as YAML has them': {
    ...I,
    resources: {
      requests: { cpu: 1 as unknown as string, memory: '1.5Gi' },
      limits: { cpu: '1500m', memory: '2e9', 'nvidia.com/gpu': '1' },
    },
  },
  'volumes, mounts, and removals by key': {
    ...I,
    volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }, { name: 'gone', $patch: 'delete' } as { name: string }],
    volumeMounts: [
      { name: 'data', mountPath: '/data' },
      { mountPath: '/gone', $patch: 'delete' } as unknown as { name: string; mountPath: string },
    ],
  },
  scheduling: {
    ...I,
    nodeSelector: { 'kubernetes.io/arch': 'amd64', pool: null },
    tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
  },
  'labels and annotations, and their removal': {
    ...I,
    labels: { team: 'data', 'example.com/a': '', old: null },
    annotations: { note: 'any text at all: ü\n', old: null },
  },
  'every deadline': {
    ...I,
    timeouts: {
      schedule: '1h',
      start: '1h',
      init: '10m',
      imagePull: 0,
      run: '11h',
      total: '12h',
      nodeLost: 120_000,
      drain: '60s',
      terminate: '1.5m',
    },
    grace: '90s',
  },
  'every meaning of an exit code': { ...I, exitCodes: { success: [0, 1], skip: [99], retry: [75], fatal: [2, 255] } },
  'retries in full': { ...I, retries: { count: 100, delay: 0, factor: 1.5, maxDelay: '1h' }, idempotent: true },
  'every option of the log': {
    ...I,
    logs: { containers: ['base', 'proxy'], maxLineBytes: 256, maxBytes: 1, tailBytes: 0, print: true },
    events: 'always',
  },
  'a result from a file, with a schema': {
    ...I,
    result: {
      from: 'file',
      path: '/result/out.json',
      required: false,
      schema: { type: 'object', properties: { rows: { type: 'integer' } } },
    },
  },
  'a result from a file below a mount of one’s own': {
    ...I,
    volumes: [{ name: 'v', emptyDir: {} }],
    volumeMounts: [{ name: 'v', mountPath: '/var' }],
    result: { from: 'file', path: '/var/out.json' },
  },
  'a result from the log': { ...I, result: { from: 'log', marker: 'RESULT ' } },
  'every end': {
    ...I,
    onFinish: 'keepFailed',
    keepFor: '2d',
    onCancel: 'keep',
    onPause: 'delete',
    keepForDebug: '1h',
    callbacks: ['audit', 'cost'],
  },
  'a template with all there is': {
    ...I,
    template: {
      metadata: { labels: { a: 'b' }, annotations: { a: 'b' } },
      spec: {
        restartPolicy: 'Never',
        hostNetwork: true,
        shareProcessNamespace: true,
        runtimeClassName: 'gvisor',
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }],
        dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
        securityContext: { runAsUser: 0, sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
        terminationGracePeriodSeconds: 1,
        activeDeadlineSeconds: 3600,
        imagePullSecrets: [{ name: 'registry' }],
        volumes: [{ name: 'certs', projected: { sources: [{ secret: { name: 's' } }] } }],
        initContainers: [
          { name: 'wait', image: 'x' },
          {
            name: 'proxy',
            image: 'x',
            restartPolicy: 'Always',
            ports: [{ containerPort: 1 }, { containerPort: 1, protocol: 'UDP' }],
          },
          { name: 'temporal-pods-result', resources: { limits: { cpu: '1' } } },
        ],
        containers: [
          {
            name: 'base',
            env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            securityContext: null as never,
          },
          { name: 'old', $patch: 'delete' } as { name: string },
        ],
      },
    },
  },
};

suite('the door refuses', () => {
  for (const [n, [spec, fault]] of BAD.entries())
    test(`${n + 1}: ${fault.slice(0, 100)}`, () => assert.deepEqual(specFaults(spec), [fault]));

  test('every mistake at once, each on a line of its own', () => {
    const spec = { imag: 'x', retries: -1, env: { A: 1 }, template: { spec: { restartPolicy: 'Always' } } };
    assert.deepEqual(specFaults(spec), [
      'imag: is not a field that runPod knows, got "x"; did you mean image?',
      'retries: must be 0 to 100, got -1',
      'env.A: must be a string, got 1; write it in quotes, "1"',
      'template.spec.restartPolicy: must be "Never": a task that runs twice is two tries, got "Always"',
    ]);
  });

  test(
    'before anything is created: InvalidSpec, and final',
    inWorld(async ({ fake, attempt }) => {
      assert.ok(BAD.length >= 90);
      fake.script(hello);
      // Without a spec, the support gives a good one.
      for (const [spec, fault] of BAD.filter(([spec]) => spec !== undefined)) {
        const { error } = await failureOf(attempt(spec as PodSpec));
        assert.deepEqual([error.type, error.nonRetryable], ['InvalidSpec', true], fault);
        assert.ok(error.message.includes(fault), error.message);
      }
      assert.deepEqual(fake.created, []);
      assert.equal(fake.count('create'), 0);
    }),
  );

  test(
    'a log of a container that the whole pod does not have',
    inWorld(async ({ fake, attempt }) => {
      fake.script(hello);
      const { error } = await failureOf(attempt({ ...I, logs: { containers: ['base', 'proxi'] } }));
      assert.equal(error.type, 'InvalidSpec');
      assert.match(error.message, /logs\.containers: the pod has no such container, only base; got "proxi"/);
      assert.equal(fake.count('create'), 0);
    }),
  );
});

suite('the door lets through', () => {
  for (const [law, spec] of Object.entries(GOOD)) test(law, () => assert.deepEqual(specFaults(spec), []));

  test('a limit that is null: it takes a template’s away', () => {
    const limits = { 'nvidia.com/gpu': null };
    const resources = { limits, requests: { cpu: '1', 'nvidia.com/gpu': null } };
    assert.deepEqual(specFaults({ ...I, resources }), []);
    assert.deepEqual(specFaults({ ...I, resources: { limits: null } }), []);
  });

  test('fields that are undefined, which JSON leaves out', () => {
    assert.deepEqual(specFaults({ ...I, command: undefined, timeouts: { run: undefined }, result: undefined }), []);
  });
});

suite('a hint', () => {
  const hint = (at: string) =>
    `${at}: has "$$", of which Kubernetes makes a plain "$"; write "$$$$" where the program is to see "$$"`;

  test('is given for two dollars in what Kubernetes expands, wherever that stands', () => {
    const containers = [{ name: 'side', args: ['$$'], env: [{ name: 'B', value: '$$' }] }];
    const spec = { ...I, command: ['sh', '-c', 'kill $$'], env: { A: 'x$$y', C: '$1' }, ...t({ containers }) };
    assert.deepEqual(specHints(spec), [
      hint('command[2]'),
      hint('env.A'),
      hint('template.spec.containers[side].args[0]'),
      hint('template.spec.containers[side].env[B].value'),
    ]);
  });

  test('is given for nothing else', () => {
    assert.deepEqual(specHints({ ...I, args: ['$HOME', '$(date)'], annotations: { a: '$$' } }), []);
  });
});

suite('the door, whatever comes', () => {
  /** A path, then what is wrong. */
  const LINE = /^\S[^:]*(:[^:]*)*: \S/;

  test('never throws, and names a path in every line', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withMap: true, withDate: true, withNullPrototype: true }), (spec) => {
        assert.ok(holds(spec) > 0, 'none of these names an image');
      }),
    );
  });

  test('also for what has the fields of a spec', () => {
    const keys = Object.values(GOOD).flatMap((spec) => Object.keys(spec));
    const value = fc.oneof(
      fc.jsonValue(),
      ...Object.values(GOOD).flatMap((spec) => Object.values(spec).map((one) => fc.constant(one as unknown))),
    );
    const spec = fc.dictionary(fc.constantFrom(...keys), value).map((fields) => ({ image: 'x', ...fields }));
    fc.assert(
      fc.property(spec, (one) => void holds(one)),
      { numRuns: 500 },
    );
  });

  test('also for a good one with any one value replaced, and each value is looked at', () => {
    const VALUES = [null, 7, [], {}];
    const unseen: string[] = [];
    for (const [law, spec] of Object.entries(GOOD))
      for (let n = 0, count = 1; n < count && n < 200; n++) {
        let refused = false;
        for (const value of VALUES) {
          const broken = replaced(spec, n, value);
          count = broken.count;
          if (count > 0 && holds(broken.spec) > 0) refused = true;
        }
        if (!refused) unseen.push(`${law}: ${replaced(spec, n, null).key}`);
      }
    // What removes a volume is the merge's to judge.
    assert.deepEqual(unseen, ['volumes, mounts, and removals by key: $patch']);
  });

  /** How many faults it has, each with a path. */
  function holds(spec: unknown): number {
    const faults = specFaults(spec);
    for (const fault of faults) assert.match(fault, LINE);
    return faults.length;
  }

  /** The same with its n-th value (in the order of JSON) another one, its key, and how many it has. */
  function replaced(spec: PodSpec, n: number, value: unknown): { spec: unknown; key: string; count: number } {
    let count = 0;
    let found = '';
    const text = JSON.stringify(spec, (key, old: unknown) => {
      if (key === '' || count++ !== n) return old;
      found = key;
      return value;
    });
    return { spec: JSON.parse(text) as unknown, key: found, count };
  }
});
