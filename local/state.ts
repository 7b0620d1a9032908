/** What a running stack has chosen (ports, nodes), so that a part that died is started again as it was. */
import { join } from 'node:path';
import { readJson, writeJson } from './files.ts';
import type { Place } from './place.ts';

export type NodeState = { number: number; name: string; address: string; subnet: string; port: number };

export type State = {
  temporal?: {
    port: number;
    uiPort: number;
    /** Not there: started by an earlier version, which closed nothing. */
    httpPort?: number;
    /** Where the Web UI itself listens; `uiPort` is its door. */
    ui?: { host: string; port: number };
  };
  kubernetes?: {
    ports: { api: number; etcd: number; etcdPeer: number; controllerManager: number; scheduler: number };
    nodes: NodeState[];
  };
};

const file = (place: Place): string => join(place.run, 'state.json');

export const readState = (place: Place): State => readJson<State>(file(place)) ?? {};

/** Changes one part and leaves the rest: Temporal and Kubernetes start side by side. */
export const updateState = (place: Place, change: State): void =>
  writeJson(file(place), { ...readState(place), ...change });
