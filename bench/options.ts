/** What is asked for on the command line. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../src/common/problem.ts';
import { fullCells, quickCells, SUBJECTS, type Cell } from './plan.ts';
import { WORKLOADS } from './workloads.ts';

const WAITING = 'waiting';

export const HELP = `Usage: npm run bench -- [options]

Measures on the local stack (npm run up), side by side and interleaved: a floor of bare pods, temporal-pods, KubernetesPodOperator and
Dagster's PipesK8sClient. Use a quiet machine, on which nobody else runs pods meanwhile: the servers count everybody's requests.
  --quick             ten minutes: 6 samples, of what lasts longer 3, peers with echoes only; else 20 of everything, some two hours
  --samples N         so many samples
  --workloads A,B     only these: ${[...Object.keys(WORKLOADS), WAITING].join(', ')}
  --subjects A,B      only these: ${Object.keys(SUBJECTS).join(', ')}
  --seed N            in the order that another run had
  --scale             also 1,000 stand-in pods, by KWOK, which is built from its Go module
  --scale-only        nothing but that
  --scale-pods N      so many instead of 1,000
  --out FOLDER        for samples.jsonl, table.md and plot.svg (default bench/results/<date>)`;

export interface Options {
  readonly cells: readonly Cell[];
  /** Whether waiting pods are counted. */
  readonly waits: boolean;
  /** How long: whole intervals of the default heartbeat (0.8 of 30 s), since all pods send theirs at about the same time. */
  readonly waitSeconds: number;
  readonly seed: number;
  /** Stand-in pods; 0: none. */
  readonly scalePods: number;
  readonly out: string;
}

/** @returns undefined when help was asked for @throws Problem (2), or what parseArgs throws */
export function optionsOf(args: readonly string[], date: string): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      ...{ quick: flag, scale: flag, 'scale-only': flag, help: { ...flag, short: 'h' } },
      ...{ samples: text, workloads: text, subjects: text, seed: text, 'scale-pods': text, out: text },
    },
  });
  if (given.help) return undefined;
  const whole = (name: 'samples' | 'seed' | 'scale-pods', least: number, otherwise: number): number => {
    const value = Number(given[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < least) throw usage(`--${name} takes a whole number from ${least} on`);
    return value;
  };
  const among = (name: 'workloads' | 'subjects', known: readonly string[]): readonly string[] => {
    const named = given[name]?.split(',').map((one) => one.trim()) ?? known;
    const strange = named.find((one) => !known.includes(one));
    if (strange !== undefined) throw usage(`--${name}: there is no ${strange}, but ${known.join(', ')}`);
    return named;
  };
  const workloads = among('workloads', [...Object.keys(WORKLOADS), WAITING]);
  const subjects = among('subjects', Object.keys(SUBJECTS));
  const samples = whole('samples', 1, given.quick ? 6 : 20);
  const scalePods = whole('scale-pods', 1, 1_000);
  const small = !given['scale-only'];
  return {
    cells: (given.quick ? quickCells : fullCells)(samples).filter(
      ({ workload, subject }) => small && workloads.includes(workload) && subjects.includes(subject),
    ),
    waits: small && workloads.includes(WAITING) && subjects.includes('ours'),
    waitSeconds: given.quick ? 72 : 288,
    seed: whole('seed', 0, Math.floor(Math.random() * 1e6)),
    scalePods: given.scale || given['scale-only'] ? scalePods : 0,
    out: given.out ?? join(import.meta.dirname, 'results', date),
  };
}
