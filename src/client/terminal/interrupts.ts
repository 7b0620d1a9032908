/** Ctrl-C, and the SIGTERM of a service manager: the first one asks, the second one leaves. */

/** The exit code of who left before the end, as a shell says it of a Ctrl-C. */
export const LEFT = 130;

/** npm passes a Ctrl-C on to a program that the terminal has told already: so near together, two are one. */
const ECHO_MS = 300;

export interface Interrupts {
  /** Both resolve, or never do. */
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  close(): void;
}

export function listenForInterrupts(): Interrupts {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let since: number | undefined;
  const heard = () => {
    const now = performance.now();
    if (since === undefined) {
      since = now;
      first.resolve();
    } else if (now - since > ECHO_MS) {
      second.resolve();
    }
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, heard);
  return {
    first: first.promise,
    second: second.promise,
    close() {
      for (const signal of signals) process.off(signal, heard);
    },
  };
}

/** For a look at a run, which a Ctrl-C ends. The exit code: what the work says, or 130 for who left. */
export async function untilLeft(work: (left: AbortSignal) => Promise<number | void>): Promise<number> {
  const interrupts = listenForInterrupts();
  const left = new AbortController();
  void interrupts.first.then(() => left.abort());
  try {
    const code = await work(left.signal);
    return left.signal.aborted ? LEFT : (code ?? 0);
  } finally {
    interrupts.close();
  }
}
