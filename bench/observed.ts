/** What the observer tells of pods. All times are milliseconds since the epoch, of this machine's clock. */
export interface ObservedPod {
  readonly name: string;
  /** When the observer's own watch brought it; what it never saw is left out. */
  added: number;
  running?: number;
  terminated?: number;
  /** Its phase was terminal. */
  phase?: number;
  deleting?: number;
  gone?: number;
}

interface Pod {
  metadata: { uid: string; name: string; deletionTimestamp?: string };
  status?: { phase?: string; containerStatuses?: { state?: { running?: object; terminated?: object } }[] };
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Pod;
}

/** Each pod by its uid, and when it was first seen in each state. */
export class Sightings {
  readonly pods = new Map<string, ObservedPod>();

  /** @param at when the event came in */
  take({ type, object: { metadata, status } }: WatchEvent, at: number): void {
    const pod = this.pods.get(metadata.uid) ?? { name: metadata.name, added: at };
    this.pods.set(metadata.uid, pod);
    // Those of the bench have one container.
    const state = status?.containerStatuses?.[0]?.state;
    if (state?.running || state?.terminated) pod.running ??= at;
    if (state?.terminated) pod.terminated ??= at;
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') pod.phase ??= at;
    if (metadata.deletionTimestamp) pod.deleting ??= at;
    if (type === 'DELETED') pod.gone ??= at;
  }

  since(time: number): ObservedPod[] {
    return [...this.pods.values()].filter(({ added }) => added >= time);
  }

  /** What a new list does not have any more is gone since some time while no watch was open. */
  listed(uids: ReadonlySet<string>, at: number): void {
    for (const [uid, pod] of this.pods) if (!uids.has(uid)) pod.gone ??= at;
  }
}
