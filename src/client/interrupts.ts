/** Ctrl-C, and the SIGTERM of whoever stops a program: the first one asks, the second one leaves. */

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
