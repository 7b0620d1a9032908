/**
 * Fields that were looked at: each is judged by a rule, or does no harm. An unknown one is refused, since a later Kubernetes may
 * mean anything by it. The test beside this compares them with client-node's: after an update somebody must decide.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { containersOf, placed, volumesOf } from '../pod/walk.ts';
import { keys } from './verdict.ts';

const words = (text: string) => text.split(/\s+/).filter(Boolean);

export const KNOWN = {
  podSpec: words(`activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy
    enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride
    imagePullSecrets initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName
    readinessGates resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates schedulingGroup
    securityContext serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
    terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes`),
  container: words(`args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe
    resizePolicy resources restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce
    terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir`),
  podSecurityContext: words(`appArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser
    seLinuxChangePolicy seLinuxOptions seccompProfile supplementalGroups supplementalGroupsPolicy sysctls windowsOptions`),
  securityContext: words(`allowPrivilegeEscalation appArmorProfile capabilities privileged procMount
    readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seLinuxOptions seccompProfile windowsOptions`),
  windowsOptions: words('gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName'),
  claim: words(`accessModes dataSource dataSourceRef resources selector storageClassName volumeAttributesClassName
    volumeMode volumeName`),
  volume: words(`awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral fc
    flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi name nfs persistentVolumeClaim
    photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume`),
  projection: words('clusterTrustBundle configMap downwardAPI podCertificate secret serviceAccountToken'),
  envSource: words('configMapKeyRef fieldRef fileKeyRef resourceFieldRef secretKeyRef'),
  envFrom: words('configMapRef prefix secretRef'),
  probe: words(`exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket
    terminationGracePeriodSeconds timeoutSeconds`),
  lifecycle: words('postStart preStop stopSignal'),
  handler: words('exec httpGet sleep tcpSocket'),
} as const;

export function* unknownFieldFaults(pod: V1Pod): Iterable<string> {
  const { spec } = pod;
  yield* unknown('spec', spec, KNOWN.podSpec);
  yield* unknown('spec.securityContext', spec?.securityContext, KNOWN.podSecurityContext);
  yield* unknown('spec.securityContext.windowsOptions', spec?.securityContext?.windowsOptions, KNOWN.windowsOptions);
  for (const { path, item } of placed('spec.ephemeralContainers', spec?.ephemeralContainers))
    yield `ephemeralContainers: ${path} ${JSON.stringify(item.name)} cannot be part of a new pod`;
  for (const { path, item } of containersOf(pod.spec)) {
    yield* unknown(path, item, KNOWN.container);
    yield* unknown(`${path}.securityContext`, item.securityContext, KNOWN.securityContext);
    yield* unknown(
      `${path}.securityContext.windowsOptions`,
      item.securityContext?.windowsOptions,
      KNOWN.windowsOptions,
    );
    for (const variable of placed(`${path}.env`, item.env))
      yield* unknown(`${variable.path}.valueFrom`, variable.item.valueFrom, KNOWN.envSource);
    for (const source of placed(`${path}.envFrom`, item.envFrom))
      yield* unknown(source.path, source.item, KNOWN.envFrom);
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      yield* unknown(`${path}.${probe}`, item[probe], KNOWN.probe);
    yield* unknown(`${path}.lifecycle`, item.lifecycle, KNOWN.lifecycle);
    for (const hook of ['postStart', 'preStop'] as const)
      yield* unknown(`${path}.lifecycle.${hook}`, item.lifecycle?.[hook], KNOWN.handler);
  }
  for (const { path, item } of volumesOf(pod.spec)) {
    yield* unknown(path, item, KNOWN.volume);
    const claim = item.ephemeral?.volumeClaimTemplate?.spec;
    yield* unknown(`${path}.ephemeral.volumeClaimTemplate.spec`, claim, KNOWN.claim);
    for (const source of placed(`${path}.projected.sources`, item.projected?.sources))
      yield* unknown(source.path, source.item, KNOWN.projection);
  }
}

function* unknown(path: string, value: unknown, known: readonly string[]): Iterable<string> {
  for (const key of keys(value))
    if (!known.includes(key))
      yield `fields: ${path}.${key} is not known to this worker, and not allowed as long as it is not`;
}
