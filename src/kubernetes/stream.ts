/** Answers that do not end for a long time: logs and watches, as byte streams that either end cleanly or throw. */
import type { IncomingMessage } from 'node:http';
import { errorOf, errorOfAnswer } from './cluster-error.ts';
import { readText, timeLimitError, type Http } from './http.ts';

const errorBodyBytes = 64 * 1024;

/** Opens a GET and resolves with its headers; `limitMs` bounds the time until then. Rejects with a ClusterError. */
export async function openStream(
  http: Http,
  request: { what: string; path: string; query: Record<string, string>; signal: AbortSignal; limitMs: number },
): Promise<IncomingMessage> {
  const { what, path, query, signal, limitMs } = request;
  const stop = new AbortController();
  const relay = () => stop.abort(signal.reason);
  const release = () => signal.removeEventListener('abort', relay);
  if (signal.aborted) relay();
  else signal.addEventListener('abort', relay, { once: true });
  const limit = setTimeout(() => stop.abort(timeLimitError(limitMs)), limitMs);
  try {
    const url = `${http.server}${path}?${new URLSearchParams(query).toString()}`;
    const response = await http.send({ method: 'GET', url, stream: true }, stop.signal);
    response.once('close', release);
    if (response.statusCode === 200 || response.statusCode === 204) return response;
    const body = await readText(response, errorBodyBytes);
    throw errorOfAnswer(what, response.statusCode ?? 0, body, response.headers['retry-after']);
  } catch (error) {
    release();
    throw errorOf(what, error);
  } finally {
    clearTimeout(limit);
  }
}

/**
 * The bytes of an open stream. Ends when the server ended it properly; throws a ClusterError when it broke, was aborted, or was
 * silent for `idleMs` (without it, silence is normal). Only time spent waiting for the server counts, not the reader's own.
 */
export async function* bytesOf(response: IncomingMessage, what: string, idleMs?: number): AsyncGenerator<Buffer, void> {
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const silence =
        idleMs === undefined
          ? undefined
          : setTimeout(() => response.destroy(new Error(`silent for ${idleMs / 1000} s`)), idleMs);
      const next = await chunks.next().finally(() => clearTimeout(silence));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw errorOf(what, error);
  } finally {
    response.destroy();
  }
}

/** Lines of UTF-8 text; what stands behind the last newline comes last. Characters and lines may be cut anywhere. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest) yield rest;
}
