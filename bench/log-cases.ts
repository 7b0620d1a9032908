/** What is measured of the logs: pods that print, and what must be stored of it. */
import type { PodResult, PodSpec } from '../src/contract/index.ts';

export interface Stored {
  container: string;
  kind: 'line' | 'partial' | 'gap';
  bytes: Buffer;
}

export interface LogCase {
  name: string;
  what: string;
  spec: PodSpec;
  pods?: number;
  /** What is wrong with what was stored of one pod; nothing, when it is what the container printed. */
  check: (stored: AsyncIterable<Stored>, result: PodResult) => Promise<string[]>;
}

const MiB = 1024 * 1024;

export function logCases({ shell, python }: { shell: string; python: string }, seconds: number): LogCase[] {
  const sh = (script: string): PodSpec => ({ image: shell, command: ['sh', '-c', script], grace: '3s' });
  const py = (script: string, more: Partial<PodSpec> = {}): PodSpec => ({
    image: python,
    command: ['python3', '-u', '-c', script],
    grace: '3s',
    ...more,
  });
  /** Numbered lines of 100 bytes, a tenth of `rate` MB each tenth of a second. */
  const flood = (rate: number) => `
import sys, time
n, begin = 0, time.monotonic()
for tenth in range(${seconds * 10}):
    sys.stdout.write("".join("%09d %s\\n" % (n + i, "x" * 89) for i in range(${rate * 1000}))); n += ${rate * 1000}
    time.sleep(max(0, begin + (tenth + 1) / 10 - time.monotonic()))
`;
  const floodLines = (rate: number) => seconds * rate * 10_000;
  const long = (bytes: number) => `print("x" * ${bytes}); print("end")`;
  return [
    { name: 'flood', what: `10 MB/s for ${seconds} s`, spec: py(flood(10)), check: numbered(floodLines(10)) },
    { name: 'steady', what: `1 MB/s for ${seconds} s`, spec: py(flood(1)), check: numbered(floodLines(1)) },
    {
      name: 'flood-capped',
      what: `the same, maxBytes 10 MB`,
      spec: py(flood(1), { logs: { maxBytes: 10_000_000 } }),
      check: numbered(100_000, floodLines(1)),
    },
    { name: 'line-1', what: 'a line of 1 MiB', spec: py(long(MiB)), check: xs(MiB) },
    { name: 'line-20', what: 'a line of 20 MiB', spec: py(long(20 * MiB)), check: xs(20 * MiB) },
    {
      name: 'line-20-cut',
      what: 'the same, maxLineBytes 64 KiB',
      spec: py(long(20 * MiB), { logs: { maxLineBytes: 65_536 } }),
      check: xs(65_536, `… [${20 * MiB - 65_536} more bytes cut by logs.maxLineBytes]`),
    },
    {
      name: 'bytes',
      what: 'invalid UTF-8, NULs, ANSI escapes',
      spec: py(
        String.raw`import sys; sys.stdout.buffer.write(bytes(b for b in range(256) if b != 10) + b"\n\x1b[2J\x1b[31mred\n\x00\x00\n")`,
      ),
      check: exactly(
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10)),
        Buffer.from('\x1b[2J\x1b[31mred'),
        Buffer.from('\0\0'),
      ),
    },
    { name: 'empty', what: 'an empty log', spec: sh('true'), check: exactly() },
    {
      name: 'silent',
      what: 'silent for 6 minutes, then a line',
      spec: sh('sleep 360; echo awake'),
      check: exactly(Buffer.from('awake')),
    },
    {
      name: 'sidecar',
      what: 'a plain sidecar that never ends',
      spec: {
        ...sh('sleep 3; echo done'),
        template: {
          spec: {
            containers: [
              {
                name: 'side',
                image: shell,
                command: ['sh', '-c', 'i=0; while :; do echo $i; i=$((i+1)); sleep 1; done'],
              },
            ],
          },
        },
      },
      check: exactly(Buffer.from('done')),
    },
    {
      name: 'init',
      what: 'an init container of 3 minutes, timeouts.start 30 s',
      spec: {
        ...sh('echo done'),
        timeouts: { start: '30s' },
        template: {
          spec: {
            initContainers: [
              {
                name: 'prepare',
                image: shell,
                command: ['sh', '-c', 'for i in $(seq 180); do echo $i; sleep 1; done'],
              },
            ],
          },
        },
      },
      check: exactly(Buffer.from('done')),
    },
    {
      name: 'fifty',
      what: '50 pods at once, 200 lines each',
      pods: 50,
      spec: sh('seq 1 200'),
      check: exactly(...texts(200)),
    },
  ];
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => Buffer.from(String(index + 1)));

/** The main container's lines, one after the other. */
async function* lines(stored: AsyncIterable<Stored>): AsyncGenerator<Buffer | 'gap'> {
  let pieces: Buffer[] = [];
  for await (const { container, kind, bytes } of stored) {
    if (container !== 'base') continue;
    if (kind === 'gap') yield 'gap';
    else pieces.push(bytes);
    if (kind !== 'line') continue;
    yield Buffer.concat(pieces);
    pieces = [];
  }
}

const exactly =
  (...expected: Buffer[]): LogCase['check'] =>
  async (stored) => {
    const found: (Buffer | 'gap')[] = [];
    for await (const line of lines(stored)) found.push(line);
    const same =
      found.length === expected.length && expected.every((line, index) => line.equals(found[index] as Buffer));
    return same ? [] : [`${found.length} lines instead of ${expected.length}: ${String(found.slice(0, 5))}`];
  };

const xs =
  (length: number, mark = ''): LogCase['check'] =>
  (stored, result) =>
    exactly(Buffer.concat([Buffer.alloc(length, 'x'), Buffer.from(mark)]), Buffer.from('end'))(stored, result);

/** Lines 0 to `kept`, of which none is missing but at a gap; the rest, up to `all`, counted as dropped. */
const numbered =
  (kept: number, all = kept): LogCase['check'] =>
  async (stored, { logs }) => {
    let next = 0;
    let missing = 0;
    let unexcused = 0;
    let gap = false;
    for await (const line of lines(stored)) {
      if (line === 'gap') {
        gap = true;
        continue;
      }
      const number = Number(line.subarray(0, 9));
      if (number !== next && (number < next || !gap)) unexcused += 1;
      if (number > next) missing += number - next;
      next = number + 1;
      gap = false;
    }
    const dropped = logs.dropped?.lines ?? 0;
    return [
      ...(unexcused > 0 ? [`${unexcused} jumps without a gap`] : []),
      ...(missing > 0 || next !== kept ? [`${missing + kept - next} lines are missing`] : []),
      ...(dropped !== all - kept ? [`${dropped} dropped lines instead of ${all - kept}`] : []),
    ];
  };
