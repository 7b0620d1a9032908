/** The operator's own template, under every spec: what every pod of this worker has unless its spec says otherwise. */
import { typeFaults } from '../pod/kubernetes-types.ts';
import { specFaults } from '../spec/index.ts';
import type { PodTemplate } from '../contract/index.ts';
import { readYaml } from '../common/yaml.ts';

/** What a spec's main container is called unless the spec says otherwise. */
const MAIN = 'base';

/** @throws Error with every fault on a line of its own, each with its path and value */
export function operatorTemplate(text: string): PodTemplate {
  const { apiVersion = 'v1', kind = 'Pod', ...template } = anObject(readYaml(text));
  const faults = [
    ...(apiVersion === 'v1' ? [] : [`apiVersion: must be "v1", got ${JSON.stringify(apiVersion)}`]),
    ...(kind === 'Pod' ? [] : [`kind: must be "Pod", got ${JSON.stringify(kind)}`]),
    ...typeFaults(template, 'V1Pod'),
  ];
  // The rules for the author's template hold for the operator's too.
  if (faults.length === 0)
    faults.push(...specFaults({ image: 'any', template }).map((fault) => fault.replace(/^template[.:] ?/, '')));
  if (faults.length === 0) faults.push(...imageOfMain(template));
  if (faults.length > 0) throw new Error(`is not a template for pods:\n  ${faults.join('\n  ')}`);
  return template;
}

/** With one, a spec without an image would run, and nobody would know what. */
function imageOfMain({ spec }: PodTemplate): string[] {
  const image = spec?.containers?.find(({ name }) => name === MAIN)?.image;
  return image === undefined
    ? []
    : [
        `spec.containers.${MAIN}.image: the main container's image is the author's to choose, got ${JSON.stringify(image)}`,
      ];
}

function anObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`must be a Pod, or an object of metadata and spec, got ${JSON.stringify(value)}`);
}
