/** What is right, and most likely not meant. */
import type { V1PodSpec } from '@kubernetes/client-node';
import type { PodSpec } from '../contract/index.ts';
import { firstFaults, pathText } from '../common/issue-text.ts';
import { containersOf, placed } from '../pod/walk.ts';

/** Of a spec without faults: one line a hint, with its path. */
export const specHints = (spec: PodSpec): string[] => firstFaults(dollarHints(spec));

function* dollarHints(spec: PodSpec): Iterable<string> {
  for (const [at, text] of expanded(spec))
    if (text.includes('$$'))
      yield `${at}: has "$$", of which Kubernetes makes a plain "$"; write "$$$$" where the program is to see "$$"`;
}

/** The texts in which Kubernetes looks for `$(NAME)`. */
function* expanded(spec: PodSpec): Iterable<[at: string, text: string]> {
  const { env, template } = spec;
  yield* words('', spec);
  for (const [name, value] of Object.entries(env ?? {}))
    if (typeof value === 'string') yield [pathText(['env', name]), value];
  for (const { path, item } of containersOf(template?.spec as V1PodSpec | undefined, 'template.spec')) {
    yield* words(`${path}.`, item);
    for (const variable of placed(`${path}.env`, item.env))
      if (typeof variable.item.value === 'string') yield [`${variable.path}.value`, variable.item.value];
  }
}

function* words(at: string, lists: Pick<PodSpec, 'command' | 'args'>): Iterable<[at: string, text: string]> {
  for (const field of ['command', 'args'] as const)
    for (const [n, text] of (lists[field] ?? []).entries()) yield [`${at}${field}[${n}]`, text];
}
