/** The logs of the fake cluster's containers, as a kubelet serves them. */
import { EventEmitter } from 'node:events';

interface LogRecord {
  /** RFC 3339 with nanoseconds. */
  timestamp: string;
  text: string;
}

export interface PrintOptions {
  /** RFC 3339, up to nanoseconds. Default: now, always later than the one before. */
  timestamp?: string;
  /** false: the line is not ended, as when a container dies in the middle of one. */
  newline?: boolean;
}

export class FakeLogs extends EventEmitter<{ text: [key: string, text: string] }> {
  readonly #records = new Map<string, LogRecord[]>();
  #nanos = 0n;

  constructor() {
    super();
    this.setMaxListeners(0);
  }

  print(key: string, line: string, { timestamp = this.#now(), newline = true }: PrintOptions = {}): void {
    const record = { timestamp, text: `${timestamp} ${line}${newline ? '\n' : ''}` };
    const records = this.#records.get(key) ?? [];
    this.#records.set(key, records);
    records.push(record);
    this.emit('text', key, record.text);
  }

  /** Throws the first lines away, as a rotation does: who has a stream open has them already. */
  rotate(key: string, lines: number): void {
    this.#records.get(key)?.splice(0, lines);
  }

  /** The container begins anew: what it wrote is the log of its previous start now. */
  restart(key: string): void {
    this.#records.set(previousKey(key), this.#records.get(key) ?? []);
    this.#records.delete(key);
  }

  /** The kubelet removes the container of the previous start, as it does before it starts an init container or sidecar. */
  removePrevious(key: string): void {
    this.#records.delete(previousKey(key));
  }

  hasPrevious(key: string): boolean {
    return this.#records.has(previousKey(key));
  }

  /** Everything there is; `since` is cut to whole seconds and counts itself. */
  read(key: string, since?: string): string {
    const from = since === undefined ? -Infinity : Math.floor(Date.parse(since) / 1000) * 1000;
    const records = this.#records.get(key) ?? [];
    return records
      .filter((record) => Date.parse(record.timestamp) >= from)
      .map((record) => record.text)
      .join('');
  }

  #now(): string {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#nanos = now > this.#nanos ? now : this.#nanos + 1n;
    const fraction = String(this.#nanos % 1_000_000_000n).padStart(9, '0');
    return `${new Date(Number(this.#nanos / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`;
  }
}

export const previousKey = (key: string): string => `${key}/previous`;
