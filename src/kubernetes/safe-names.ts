/**
 * Names become part of a path: `..` or an empty one would be another request, for a whole namespace for one. Whoever calls has
 * looked at them too; here nothing gets past.
 */
import { shown } from '../common/issue-text.ts';
import { ClusterError } from './cluster-error.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const isNamespace = (text: unknown) => typeof text === 'string' && text.length <= 63 && LABEL.test(text);
const isPodName = (text: unknown) =>
  typeof text === 'string' && text.length <= 253 && text.split('.').every((part) => LABEL.test(part));
/** Made by the API server, or by a kubelet: a UUID, or a hash. It is part of a field selector. */
const isUid = (text: unknown) => typeof text === 'string' && /^[a-z0-9][-a-z0-9]{0,127}$/i.test(text);

/** @throws ClusterError `invalid`, before anything is sent, for what is no DNS-1123 name and for an empty uid */
export function mustBeSafe(about: { namespace: string; name?: string | undefined; uid?: string }): void {
  if (!isNamespace(about.namespace)) throw refusal('no name of a namespace', about.namespace);
  if ('name' in about && !isPodName(about.name)) throw refusal('no name of a pod', about.name);
  if ('uid' in about && !isUid(about.uid)) throw refusal('no uid of a pod', about.uid);
}

const refusal = (what: string, value: unknown) =>
  new ClusterError(`nothing was asked of Kubernetes: ${shown(value)} is ${what}`, { kind: 'invalid' });
