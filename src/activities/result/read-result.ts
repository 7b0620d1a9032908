import { fileURLToPath } from 'node:url';
import type { ResultSource } from '../../contract/index.ts';
import type { Attempt } from '../attempt.ts';
import type { PodFeed } from '../pod-feed.ts';
import type { Found } from './found.ts';
import { fromFile } from './from-file.ts';
import { fromLog } from './from-log.ts';
import { fromMessage } from './from-message.ts';
import { fromPodLog } from './from-pod-log.ts';

export const sourceOf = ({ spec }: Pick<Attempt, 'spec'>): ResultSource =>
  spec.result ?? { from: 'terminationMessage' };

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
  attempt: Attempt,
  feed: PodFeed,
  { uri, refusal, drained, until }: Drain,
): Promise<Found> {
  const source = sourceOf(attempt);
  switch (source.from) {
    case 'terminationMessage':
      return fromMessage(feed.latest, attempt.main, attempt.spec.result !== undefined);
    case 'log':
      await drained;
      return (
        (refusal() === undefined ? undefined : await fromPodLog(attempt, feed.latest, source.marker)) ??
        fromLog(fileURLToPath(uri), attempt.main, source.marker, refusal())
      );
    case 'file':
      return fromFile(attempt, feed, source.path, until);
  }
}
