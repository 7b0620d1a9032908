/** What each subject is given to run. The workload's own lines are `bench <number> <milliseconds since the epoch>`. */
import type { WorkloadId } from './plan.ts';

export interface Work {
  readonly pods: number;
  /** Otherwise one after another: each is created when the result of the one before is known. */
  readonly atOnce: boolean;
  readonly image: string;
  readonly command: string[];
  /** So many lines of a pod are looked for at the client; none, where the lines are not what is measured. */
  readonly lines: number;
}

export const WORKLOADS: Record<WorkloadId, string> = {
  echo: 'one echo',
  chain: 'chain of 5',
  fan: '20 at once',
  lines: 'a line a second, 10 lines',
  flood: '100,000 lines at once',
};

const FLOOD = 100_000;

export function workOf(workload: WorkloadId, images: { shell: string; python: string }): Work {
  const echo = { image: images.shell, command: ['sh', '-c', 'echo bench 0 0'], lines: 0 };
  const python = (code: string, lines: number): Work => ({
    pods: 1,
    atOnce: false,
    image: images.python,
    // Without site packages it starts in a tenth of the time.
    command: ['python3', '-S', '-E', '-c', code],
    lines,
  });
  switch (workload) {
    case 'echo':
      return { ...echo, pods: 1, atOnce: false };
    case 'chain':
      return { ...echo, pods: 5, atOnce: false };
    case 'fan':
      return { ...echo, pods: 20, atOnce: true };
    case 'lines':
      return python(
        'import time\nfor n in range(10):\n print(f"bench {n} {time.time() * 1000:.3f}", flush=True); time.sleep(1)',
        10,
      );
    case 'flood':
      // 70 bytes a line in the node's file: below the 10 MiB at which a kubelet begins a new one.
      return python(`import time\nfor n in range(${FLOOD}):\n print(f"bench {n} {time.time() * 1000:.3f}")`, FLOOD);
  }
}

/** A line of the workload's own in what a client prints, whatever stands before it. */
export function lineOf(text: string): { number: number; printed: number } | undefined {
  const found = /\bbench (\d+) (\d+(?:\.\d+)?)/.exec(text);
  return found ? { number: Number(found[1]), printed: Number(found[2]) } : undefined;
}
