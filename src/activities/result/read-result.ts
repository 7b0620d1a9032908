import { fileURLToPath } from 'node:url';
import type { PodSpec, ResultSource } from '../../contract/index.ts';
import type { PodWatcher } from '../../kubernetes/pod-watcher.ts';
import type { Found, ResultReader } from './found.ts';
import { fromFile } from './from-file.ts';
import { fromLog, fromPodLog } from './from-log.ts';
import { fromMessage } from './from-message.ts';

export const sourceOf = ({ result }: Pick<PodSpec, 'result'>): ResultSource => result ?? { from: 'terminationMessage' };

export interface Drain {
  /** Folder of the pod's log. */
  uri: string;
  /** Why the drained log of the main container is not stored to its end; undefined when it is. */
  refusal: () => string | undefined;
  /** The log is stored to its end, or as far as it can be. */
  drained: Promise<void>;
  /** ms since the epoch. */
  until: number;
}

/** What a pod that ended well left as its result. */
export async function readResult(
  reader: ResultReader,
  watcher: PodWatcher,
  { uri, refusal, drained, until }: Drain,
): Promise<Found> {
  const source = sourceOf(reader.spec);
  switch (source.from) {
    case 'terminationMessage':
      return fromMessage(watcher.latest, reader.main, reader.spec.result !== undefined);
    case 'log':
      await drained;
      return (
        (refusal() === undefined ? undefined : await fromPodLog(reader, watcher.latest, source.marker)) ??
        fromLog(fileURLToPath(uri), reader.main, source.marker, refusal())
      );
    case 'file':
      return fromFile(reader, watcher, source.path, until);
  }
}
