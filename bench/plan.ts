/** What is run, how often, and in which order. */
import { chance, shuffled } from './statistics.ts';

export const SUBJECTS = {
  floor: 'floor',
  ours: 'temporal-pods',
  kpo: 'KubernetesPodOperator',
  kpoTuned: 'KubernetesPodOperator, best-tuned',
  dagster: 'Dagster Pipes',
  dagsterTuned: 'Dagster Pipes, 0.1 s poll',
} as const;

export type SubjectId = keyof typeof SUBJECTS;
export type WorkloadId = 'echo' | 'chain' | 'fan' | 'lines' | 'flood';

export interface Cell {
  readonly workload: WorkloadId;
  readonly subject: SubjectId;
  /** Those that count. */
  readonly samples: number;
  /** Run before those, and dropped. */
  readonly warmUps: number;
}

export interface Step {
  readonly workload: WorkloadId;
  readonly subject: SubjectId;
  readonly warmUp: boolean;
  /** How long it waits before it starts: less than a second. */
  readonly delayMs: number;
}

/**
 * A kubelet looks at its containers once a second, and the end of one sample, which is seen at such a look, would be the start of the
 * next: each would meet the same part of that second.
 */
const KUBELET_LOOKS_EVERY_MS = 1_000;

/** All cells once a round, in an order of chance, so that whatever the machine does meanwhile meets all of them alike. */
export function interleaved(cells: readonly Cell[], seed: number): Step[] {
  const random = chance(seed);
  const rounds = Math.max(0, ...cells.map(({ samples, warmUps }) => samples + warmUps));
  return Array.from({ length: rounds }, (_, round) => {
    const takesPart = cells.filter(({ samples, warmUps }) => round < samples + warmUps);
    return shuffled(takesPart, random).map(({ workload, subject, warmUps }) => ({
      workload,
      subject,
      warmUp: round < warmUps,
      delayMs: Math.floor(random() * KUBELET_LOOKS_EVERY_MS),
    }));
  }).flat();
}

const ALL = Object.keys(SUBJECTS) as SubjectId[];

/** Everything; the first runs of a program are slower than all later ones, so most warm-ups are echoes. */
export const fullCells = (samples: number): Cell[] =>
  (['echo', 'chain', 'fan', 'lines', 'flood'] as const).flatMap((workload) =>
    ALL.map((subject) => ({ workload, subject, samples, warmUps: workload === 'echo' ? 2 : 1 })),
  );

/** For ten minutes: peers run only echoes, and of what lasts longer there are half as many. */
export const quickCells = (samples: number): Cell[] => {
  const few = Math.ceil(samples / 2);
  const slow: readonly SubjectId[] = ['kpo', 'dagster'];
  const pair = ['floor', 'ours'] as const;
  return [
    ...ALL.map((subject): Cell => {
      // The process of a peer has had its warm-up in the other way of calling it.
      const often = !slow.includes(subject);
      return { workload: 'echo', subject, samples: often ? samples : few, warmUps: often ? 1 : 0 };
    }),
    ...pair.map((subject): Cell => ({ workload: 'flood', subject, samples, warmUps: 0 })),
    ...(['chain', 'fan', 'lines'] as const).flatMap((workload) =>
      pair.map((subject): Cell => ({ workload, subject, samples: few, warmUps: 0 })),
    ),
  ];
};
