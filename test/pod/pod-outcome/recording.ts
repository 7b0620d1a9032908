/** What `record.ts` writes and the tests read: the states of one pod, in the order in which a watch told them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEvent } from '../../../src/contract/index.ts';

export interface Recording {
  /** How the pod was brought to this end; where it was made by hand, from what. */
  about: string;
  /** `git version` of the API server. */
  kubernetes: string;
  states: State[];
  /** The last state is the one with which it was deleted. */
  deleted: boolean;
  /** Where they tell what the states do not. */
  events?: PodEvent[];
}

export interface State {
  /** Seconds after the pod's creation at which it was seen. */
  at: number;
  pod: V1Pod;
}

/** Every pod is created at this time. */
export const EPOCH = '2026-01-01T00:00:00Z';

const folder = new URL('./recorded/', import.meta.url);

export const recordingFile = (name: string): URL => new URL(`${name}.json`, folder);

export const recordingNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();

export const readRecording = (name: string): Recording =>
  JSON.parse(readFileSync(recordingFile(name), 'utf8')) as Recording;
