/** The parts of a spec that are Kubernetes' own: whether it would understand them, and what no pod of ours may be. */
import { isObject, type Json } from '../common/is-object.ts';
import { shown } from '../common/issue-text.ts';
import { objectsIn, placed } from '../pod/walk.ts';
import { typeFaults } from '../pod/kubernetes-types.ts';
import { COLLECTOR } from '../pod/collector.ts';
import { envFaults, environmentFaults } from './environment.ts';
import { amountFaults, bytesFaults, dnsLabel, keyFaults } from './words.ts';

/** Containers and volumes that a worker adds. */
const OURS = 'temporal-pods-';

export function* kubernetesFaults(spec: Record<string, unknown>): Iterable<string> {
  const { env, envFrom, resources, volumes, volumeMounts, tolerations, template } = spec;
  yield* environmentFaults(env);
  yield* amountFaults('resources', resources);
  yield* typeFaults(envFrom, 'Array<V1EnvFromSource>', 'envFrom');
  yield* sourceFaults('envFrom', envFrom);
  yield* typeFaults(tolerations, 'Array<V1Toleration>', 'tolerations');
  yield* volumeFaults('volumes', volumes);
  yield* mountFaults('volumeMounts', volumeMounts);
  if (isObject(template)) yield* podFaults('template.spec', template['spec']);
}

function* podFaults(at: string, pod: unknown): Iterable<string> {
  yield* typeFaults(pod, 'V1PodSpec', at);
  if (!isObject(pod)) return;
  const { containers, initContainers, ephemeralContainers, restartPolicy, volumes } = pod;
  if (given(ephemeralContainers))
    yield `${at}.ephemeralContainers: cannot be part of a new pod, got ${shown(ephemeralContainers)}`;
  if (given(restartPolicy) && restartPolicy !== 'Never')
    yield `${at}.restartPolicy: must be "Never": a task that runs twice is two tries, got ${shown(restartPolicy)}`;
  yield* secondsFaults(`${at}.terminationGracePeriodSeconds`, pod['terminationGracePeriodSeconds']);
  yield* secondsFaults(`${at}.activeDeadlineSeconds`, pod['activeDeadlineSeconds']);
  yield* volumeFaults(`${at}.volumes`, volumes, false);
  yield* amountFaults(`${at}.resources`, pod['resources']);
  for (const field of ['imagePullSecrets', 'schedulingGates', 'resourceClaims'])
    yield* keyFaults(`${at}.${field}`, pod[field]);
  yield* keyFaults(`${at}.containers`, [...objectsIn(containers), ...objectsIn(initContainers)].filter(hasName));
  for (const [field, list] of Object.entries({ containers, initContainers }))
    for (const { path, item } of placed(`${at}.${field}`, list))
      yield* containerFaults(path, item, field === 'initContainers');
}

function* containerFaults(at: string, container: Json, isInit: boolean): Iterable<string> {
  const { name, restartPolicy, restartPolicyRules } = container;
  if (!hasName(container)) {
    if (container['$patch'] !== 'replace') yield `${at}.name: is missing, got ${shown(container)}`;
  } else if (typeof name === 'string' && !dnsLabel.safeParse(name).success)
    yield `${at}.name: is not a DNS label: a-z, 0-9 and -, at most 63, got ${shown(name)}`;
  else if (typeof name === 'string' && name.startsWith(OURS) && !(isInit && name === COLLECTOR))
    yield `${at}.name: begins with ${OURS}, which is for the worker's own containers, got ${shown(name)}`;
  if (given(restartPolicyRules))
    yield `${at}.restartPolicyRules: a task that runs twice is two tries, got ${shown(restartPolicyRules)}`;
  if (given(restartPolicy) && !isInit)
    yield `${at}.restartPolicy: a task that runs twice is two tries; a sidecar that is started again goes into initContainers, got ${shown(restartPolicy)}`;
  else if (given(restartPolicy) && restartPolicy !== 'Always')
    yield `${at}.restartPolicy: must be "Always" (a sidecar) or absent, got ${shown(restartPolicy)}`;
  yield* envFaults(`${at}.env`, container['env']);
  yield* amountFaults(`${at}.resources`, container['resources']);
  yield* sourceFaults(`${at}.envFrom`, container['envFrom']);
  yield* mountFaults(`${at}.volumeMounts`, container['volumeMounts'], false);
  yield* keyFaults(`${at}.ports`, container['ports']);
}

/** @param isWhole Kubernetes' types are looked at too; in a template they have been. */
function* volumeFaults(at: string, volumes: unknown, isWhole = true): Iterable<string> {
  if (isWhole) yield* typeFaults(volumes, 'Array<V1Volume>', at);
  yield* keyFaults(at, volumes);
  for (const { path, item: volume } of placed(at, volumes)) {
    const { name, $patch, ...types } = volume;
    const said = Object.keys(types).filter((type) => given(types[type]));
    const { emptyDir } = types;
    if (isObject(emptyDir)) yield* bytesFaults(`${path}.emptyDir.sizeLimit`, emptyDir['sizeLimit']);
    if (said.length > 1) yield `${path}: is of more than one type, got ${shown(said)}`;
    if (typeof name === 'string' && name.startsWith(OURS))
      yield `${path}.name: begins with ${OURS}, which is for the worker's own volumes, got ${shown(name)}`;
    if (typeof name === 'string' && name && !dnsLabel.safeParse(name).success)
      yield `${path}.name: is not a DNS label: a-z, 0-9 and -, at most 63, got ${shown(name)}`;
  }
}

function* mountFaults(at: string, mounts: unknown, isWhole = true): Iterable<string> {
  if (isWhole) yield* typeFaults(mounts, 'Array<V1VolumeMount>', at);
  yield* keyFaults(at, mounts);
  for (const { path, item: mount } of placed(at, mounts)) {
    const { mountPath, name } = mount;
    // A name alone may be missing where it is another layer's.
    if (isWhole && mount['$patch'] !== 'delete' && !given(name)) yield `${path}.name: is missing, got ${shown(mount)}`;
    if (typeof mountPath === 'string' && mountPath && !/^(\/|[A-Za-z]:)/.test(mountPath))
      yield `${path}.mountPath: must be an absolute path, got ${shown(mountPath)}`;
  }
}

function* sourceFaults(at: string, sources: unknown): Iterable<string> {
  for (const { path, item: source } of placed(at, sources)) {
    const said = ['configMapRef', 'secretRef'].filter((kind) => given(source[kind]));
    if (said.length !== 1) yield `${path}: must have one of configMapRef and secretRef, got ${shown(source)}`;
    for (const kind of said) {
      const reference = source[kind];
      if (isObject(reference) && !reference['name']) yield `${path}.${kind}.name: is missing, got ${shown(reference)}`;
    }
  }
}

function* secondsFaults(at: string, seconds: unknown): Iterable<string> {
  if (typeof seconds === 'number' && !(seconds >= 1 && seconds < 2 ** 31))
    yield `${at}: must be at least 1 second, got ${shown(seconds)}`;
}

const hasName = ({ name }: Json) => name !== undefined && name !== '';

const given = (value: unknown) => value !== undefined && value !== null;
