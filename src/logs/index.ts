export { follow, type Follower } from './follower.ts';
export { followLimits, type ContainerState, type FollowLimits, type FollowOptions } from './follow-options.ts';
export { LogStream, type LogSource, type OpenLogOptions } from './stream.ts';
export {
  fileSegments,
  LogStoreError,
  storedStreams,
  type Segment,
  type SegmentStore,
  type StoreLimits,
} from './segments.ts';
export {
  FILE_MODE,
  folderUri,
  logFolder,
  makeFolder,
  makeOwnFolder,
  podFolders,
  runFolder,
  type PodFolder,
  type PodKey,
  type RunKey,
} from './folders.ts';
export { FolderChanges } from './folder-changes.ts';
export { isBeginningMissing, readLog, type LogEntry, type ReadLogOptions } from './reader.ts';
export { type Dropped, type Gap, type LogCounters } from './log-state.ts';
export { levelOf, Lines, Tail, type Level } from './lines.ts';
export { parseTimestamp, Splitter, type LogRecord } from './record.ts';
export { sanitise } from './sanitise.ts';
