/** What the pods print: numbered lines with a clock in nanoseconds, which is the node's and so the same for all of them. */
import type { PodPlan } from './plan.ts';

const PROGRAM = `
import json, os, signal, sys, time
lines, burst, pause, code, deaf = json.loads(sys.argv[1])
last = 0
def say(words):
    os.write(1, (words + '\\n').encode())
def stop(*_):
    say(f'term {last} {time.time_ns()}')
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else stop)
for number in range(1, lines + 1):
    say(f'{number} {time.time_ns()} ' + 'x' * (number * 7 % 61))
    last = number
    if number % burst == 0:
        time.sleep(pause)
with open('/dev/termination-log', 'w') as file:
    file.write(json.dumps({'lines': lines}))
say(f'done {lines} {time.time_ns()}')
sys.exit(code)
`;

/** The spec of a pod that does this. */
export const specOf = ({ lines, burst, pauseMs, exit, deaf }: PodPlan, image: string) => ({
  image,
  command: ['python', '-S', '-E', '-c', PROGRAM, JSON.stringify([lines, burst, pauseMs / 1000, exit, deaf])],
  grace: '3s',
  timeouts: { total: '8m' },
});

export interface Printed {
  /** How often each number was printed. */
  readonly numbers: ReadonlyMap<number, number>;
  /** It came to its own end, with so many lines. */
  readonly done: boolean;
  /** It was told to stop. */
  readonly term: boolean;
  /** Lines that no pod of ours prints: torn, or mixed. */
  readonly torn: readonly string[];
  /** Of the node, in nanoseconds. */
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
}

/** Reads back what was printed. */
export function readLines(lines: Iterable<string>): Printed {
  const numbers = new Map<number, number>();
  const torn: string[] = [];
  let done = false;
  let term = false;
  let firstNs: bigint | undefined;
  let lastNs: bigint | undefined;
  for (const line of lines) {
    const [, word, number, ns, pad] = /^(?:(done|term) )?(\d{1,9}) (\d{19})(?: (x*))?$/.exec(line) ?? [];
    const count = Number(number);
    if (ns === undefined || (word === undefined && pad !== 'x'.repeat((count * 7) % 61))) {
      torn.push(line.slice(0, 80));
      continue;
    }
    firstNs ??= BigInt(ns);
    lastNs = BigInt(ns);
    if (word === 'done') done = true;
    else if (word === 'term') term = true;
    else numbers.set(count, (numbers.get(count) ?? 0) + 1);
  }
  return { numbers, done, term, torn, firstNs, lastNs };
}
