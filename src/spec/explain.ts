/** zod's issues as lines: path, what is wrong, value; and for a field that is not known, what it is called here. */
import { z } from 'zod';
import { isObject } from '../common/is-object.ts';
import { issueText, pathText, shown } from '../common/issue-text.ts';
import { suggestion } from '../common/did-you-mean.ts';
import { writtenAs } from '../common/yaml.ts';
import { fieldsOf } from '../pod/kubernetes-types.ts';

export function* explain(
  issue: z.core.$ZodIssue,
  within: readonly PropertyKey[],
  of: z.ZodType,
  value: unknown,
): Iterable<string> {
  const path = [...within, ...issue.path];
  const at = pathText(path);
  if (issue.code !== 'unrecognized_keys') {
    yield issueText(at, issue, writtenAt(value, issue.path));
    return;
  }
  const known = keysAt(of, issue.path);
  for (const key of issue.keys) {
    const given = issue.input?.[key];
    const said = `is not a field that runPod knows, got ${shown(given)}`;
    yield `${pathText([...path, key])}: ${said}${hint(path, key, known, given)}`;
  }
}

/** What a YAML file has there, where that is more than its value. */
function writtenAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const last = path.at(-1);
  const holder = path
    .slice(0, -1)
    .reduce<unknown>(
      (at, step) => (isObject(at) || Array.isArray(at) ? (at as Record<PropertyKey, unknown>)[step] : undefined),
      value,
    );
  return last === undefined ? undefined : writtenAs(holder, last);
}

function keysAt(type: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = unwrapped(type);
  for (const step of path)
    at = at instanceof z.ZodObject ? unwrapped((at.shape as Record<PropertyKey, unknown>)[step]) : undefined;
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

const unwrapped = (type: unknown): unknown =>
  type instanceof z.ZodOptional || type instanceof z.ZodNullable ? unwrapped(type.unwrap()) : type;

const MAIN = "the main container's, in template.spec.containers:";
const POD = 'template.spec.';
const WORKER = "the worker's configuration";
const ALWAYS = 'nothing: it is always so';

/** Parameters of Airflow's KubernetesPodOperator. */
const AIRFLOW: Record<string, string> = {
  cmds: 'command',
  arguments: 'args',
  env_vars: 'env',
  env_from: 'envFrom',
  configmaps: 'envFrom',
  secrets: 'env, envFrom or volumes, each with a reference',
  pod_runtime_info_envs: 'env: { NAME: { fieldRef } }',
  image_pull_policy: 'imagePullPolicy',
  image_pull_secrets: 'imagePullSecrets',
  service_account_name: 'serviceAccount',
  automount_service_account_token: `${POD}automountServiceAccountToken`,
  container_resources: 'resources',
  volume_mounts: 'volumeMounts',
  node_selector: 'nodeSelector',
  init_containers: `${POD}initContainers`,
  security_context: `${POD}securityContext`,
  container_security_context: `${MAIN} securityContext`,
  termination_message_policy: `${MAIN} terminationMessagePolicy`,
  base_container_name: 'mainContainer',
  hostnetwork: `${POD}hostNetwork`,
  host_aliases: `${POD}hostAliases`,
  dnspolicy: `${POD}dnsPolicy`,
  dns_config: `${POD}dnsConfig`,
  schedulername: `${POD}schedulerName`,
  priority_class_name: `${POD}priorityClassName`,
  runtime_class_name: `${POD}runtimeClassName`,
  full_pod_spec: 'template',
  pod_template_dict: 'template',
  pod_template_file: 'templateFile',
  name: 'nothing: the pod is named after its task',
  random_name_suffix: ALWAYS,
  reattach_on_restart: ALWAYS,
  durable: ALWAYS,
  deferrable: ALWAYS,
  poll_interval: 'nothing: pods are watched',
  startup_check_interval_seconds: 'nothing: pods are watched',
  base_container_status_polling_interval: 'nothing: pods are watched',
  logging_interval: 'nothing: logs are followed',
  trigger_kwargs: 'nothing',
  kubernetes_conn_id: WORKER,
  in_cluster: WORKER,
  cluster_context: WORKER,
  config_file: WORKER,
  get_logs: 'logs.containers',
  container_logs: 'logs.containers',
  init_container_logs: 'logs.containers',
  container_name_log_prefix_enabled: 'nothing: the log knows the container of every line',
  log_formatter: 'callbacks: formatLine',
  progress_callback: 'callbacks: onLogLine',
  log_events_on_startup: 'events',
  log_events_on_failure: 'events',
  log_pod_spec_on_failure: 'nothing: a dry run shows the manifest',
  do_xcom_push: 'result',
  xcom_sidecar_container_security_context: `${POD}initContainers, of the one called temporal-pods-result`,
  skip_on_exit_code: 'exitCodes.skip',
  on_finish_action: 'onFinish',
  is_delete_operator_pod: 'onFinish',
  on_kill_action: 'onCancel',
};

/** Those that are seconds there; a bare number here is milliseconds. */
const AIRFLOW_SECONDS: Record<string, string> = {
  schedule_timeout_seconds: 'timeouts.schedule',
  startup_timeout_seconds: 'timeouts.start',
  active_deadline_seconds: 'timeouts.run',
  execution_timeout: 'timeouts.total',
  termination_grace_period: 'grace',
  retry_delay: 'retries.delay',
};

/** The rest of a sentence about a field that is not known. */
export function hint(path: readonly PropertyKey[], key: string, known: readonly string[], value: unknown): string {
  if (path.length === 0) {
    if (Object.hasOwn(AIRFLOW_SECONDS, key)) return `; here it is ${AIRFLOW_SECONDS[key]}: ${inSeconds(value)}`;
    if (Object.hasOwn(AIRFLOW, key)) return `; here it is ${AIRFLOW[key]}`;
    if (key === 'serviceAccountName') return '; here it is serviceAccount';
    if (key === 'terminationGracePeriodSeconds') return '; here it is grace';
    if (fieldsOf('V1PodSpec')?.has(key)) return `; it goes into template.spec.${key}`;
    if (fieldsOf('V1Container')?.has(key)) return `; it is ${MAIN} ${key}`;
  }
  if (path.join('.') === 'template' && (key === 'apiVersion' || key === 'kind'))
    return '; a template is metadata and spec alone';
  if (path.join('.') === 'template.metadata') {
    if (key === 'name') return '; the pod is named after its task';
    if (key === 'namespace') return "; it is the spec's own namespace";
  }
  return suggestion(key, known, { as: String });
}

const inSeconds = (value: unknown) => `"${typeof value === 'number' ? value : 600}s"`;
