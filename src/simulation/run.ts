/** One run of a workflow, as its server sees it: what it was started with, what it waits for, how it ended. */
import type { Payload } from '@temporalio/common';
import type { Due } from './clock.ts';
import type { ActivityAbout } from './messages.ts';
import type { LoadedWorkflow, ProtoFailure } from './sandbox.ts';

export interface Start {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly args: readonly Payload[];
  readonly memo?: Record<string, Payload>;
  readonly searchAttributes?: Record<string, Payload>;
  /** Of a child. */
  readonly parent?: Parent;
  /** The run that continued as this one. */
  readonly continues?: Run;
}

export interface Parent {
  readonly run: Run;
  readonly seq: number;
  /** As numbers, as the protocol has them. */
  readonly closePolicy: number;
  readonly cancellationType: number;
}

export type RunEnd =
  | { readonly kind: 'completed'; readonly result: Payload | undefined }
  | { readonly kind: 'failed' | 'cancelled' | 'terminated'; readonly failure: ProtoFailure }
  | { readonly kind: 'continued' };

export interface PendingActivity extends ActivityAbout {
  readonly isLocal: boolean;
  readonly cancellationType: number;
  due: Due | undefined;
  cancel: (() => void) | undefined;
}

export interface PendingUpdate {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Run {
  readonly runId: string;
  readonly start: Start;
  readonly startedAt: number;
  workflow: LoadedWorkflow | undefined;
  end: RunEnd | undefined;
  endedAt: number | undefined;
  isCancelAsked = false;
  readonly timers = new Map<number, Due>();
  readonly activities = new Map<number, PendingActivity>();
  readonly children = new Map<number, Run>();
  readonly updates = new Map<string, PendingUpdate>();

  constructor(runId: string, start: Start, startedAt: number) {
    this.runId = runId;
    this.start = start;
    this.startedAt = startedAt;
  }

  get about() {
    const { workflowId, workflowType } = this.start;
    return { workflowId, runId: this.runId, workflowType };
  }

  get firstRunId(): string {
    return this.start.continues?.firstRunId ?? this.runId;
  }
}
