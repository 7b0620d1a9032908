import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LogOptions } from '../../src/kubernetes/cluster.ts';
import { linesOf } from '../../src/kubernetes/stream.ts';
import { gatedPod, kind, namespace, never, refOf, runningPod, withFake } from './pods.ts';

const follow: LogOptions = { follow: true, signal: never };
const stamp = (second: string) => `2026-11-22T12:00:${second}Z`;

/** Reads to the end; what was read and how it ended. */
async function drain(chunks: AsyncIterable<Buffer>): Promise<{ text: string; error?: Error }> {
  let text = '';
  try {
    for await (const chunk of chunks) text += chunk.toString();
    return { text };
  } catch (error) {
    return { text, error: error as Error };
  }
}

suite('openLog', () => {
  test('follows to the end of the container, which is a clean end', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.print('a', 'base', 'one', { timestamp: stamp('01.000000001') });
      const reading = drain(await fake.connect().openLog(ref, 'base', follow));
      fake.print('a', 'base', 'two', { timestamp: stamp('02') });
      fake.finish('a', { exitCode: 0 });
      assert.deepEqual(await reading, { text: `${stamp('01.000000001')} one\n${stamp('02')} two\n` });
    }));

  test('without follow ends with what there is', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.print('a', 'base', 'one', { timestamp: stamp('01') });
      assert.deepEqual(await drain(await fake.connect().openLog(ref, 'base', { ...follow, follow: false })), {
        text: `${stamp('01')} one\n`,
      });
    }));

  test('sinceTime counts from its whole second on', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      for (const second of ['01.9', '02.1', '02.9']) fake.print('a', 'base', 'x', { timestamp: stamp(second) });
      const options = { ...follow, follow: false, sinceTime: stamp('02.5') };
      const { text } = await drain(await fake.connect().openLog(ref, 'base', options));
      assert.equal(text, `${stamp('02.1')} x\n${stamp('02.9')} x\n`);
    }));

  test('of a container that has not started is waiting: without a node, and with one', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const pod = fake.pods.create(namespace, { ...gatedPod('a'), spec: { containers: [{ name: 'base' }] } });
      await assert.rejects(cluster.openLog(refOf(pod), 'base', follow), kind('waiting'));
      fake.schedule('a');
      await assert.rejects(cluster.openLog(refOf(pod), 'base', follow), kind('waiting', /ContainerCreating/));
    }));

  test('of a pod that is gone is notFound', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.remove('a');
      await assert.rejects(fake.connect().openLog(ref, 'base', follow), kind('notFound', /log of base in pod etl\/a/));
    }));

  test('that is refused tells what the server said', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.plan('log', { answer: 500, message: 'Get "https://node:10250": dial tcp: i/o timeout' });
      await assert.rejects(fake.connect().openLog(ref, 'base', follow), kind('transient', /i\/o timeout/));
    }));

  for (const bytes of [0, 1, 35, 60]) {
    test(`gives the first ${bytes} bytes of a stream that breaks there, and then throws`, () =>
      withFake(async (fake) => {
        const ref = runningPod(fake, 'a');
        fake.plan('log', { cutAfter: bytes, how: 'reset' });
        fake.print('a', 'base', 'a line of some length', { timestamp: stamp('01') });
        fake.print('a', 'base', 'another one', { timestamp: stamp('02') });
        // With no byte at all it may also break before the headers are read.
        const opened = await fake
          .connect()
          .openLog(ref, 'base', follow)
          .catch((error: Error) => error);
        const { text, error } = opened instanceof Error ? { text: '', error: opened } : await drain(opened);
        assert.equal(text.length, bytes);
        assert.ok(error && kind('transient')(error));
      }));
  }

  test('ends cleanly when a proxy ends it cleanly, in the middle of a line', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.plan('log', { cutAfter: 25, how: 'eof' });
      fake.print('a', 'base', 'a line of some length', { timestamp: stamp('01') });
      assert.deepEqual(await drain(await fake.connect().openLog(ref, 'base', follow)), {
        text: `${stamp('01')} a line of some length`.slice(0, 25),
      });
    }));

  test('can be aborted before the headers', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      const abort = new AbortController();
      fake.plan('log', 'hang');
      const opening = fake.connect().openLog(ref, 'base', { follow: true, signal: abort.signal });
      await Promise.all([
        assert.rejects(opening, kind('transient', /aborted/)),
        fake.until(() => fake.count('log') === 1).then(() => abort.abort()),
      ]);
    }),
  );

  test('aborted before it begins sends nothing', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      const opening = fake.connect().openLog(ref, 'base', { follow: true, signal: AbortSignal.abort() });
      await assert.rejects(opening, kind('transient', /aborted/));
      assert.equal(fake.count('log'), 0);
    }));

  test('aborted while it is silent throws from the iterator', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      const abort = new AbortController();
      const reading = drain(await fake.connect().openLog(ref, 'base', { follow: true, signal: abort.signal }));
      abort.abort();
      assert.ok(kind('transient', /aborted/)((await reading).error));
    }),
  );

  test('that nobody reads does no harm when it breaks', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      const cluster = fake.connect();
      const unread = await cluster.openLog(ref, 'base', follow);
      fake.cut('log', 'reset');
      await cluster.readPod(namespace, 'a');
      assert.ok((await drain(unread)).error);
    }));

  test('whose headers do not come ends after the time limit', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.plan('log', 'hang');
      await assert.rejects(
        fake.connect({ call: 30 }).openLog(ref, 'base', follow),
        kind('transient', /no answer within/),
      );
    }),
  );

  test('leaving the loop closes the stream', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.print('a', 'base', 'one');
      for await (const chunk of await fake.connect().openLog(ref, 'base', follow)) {
        assert.match(chunk.toString(), / one\n$/);
        break;
      }
      await fake.until(() => fake.open('log') === 0);
    }),
  );
});

suite('linesOf', () => {
  const text = 'première\n\nzweite Zeile\n日本 ohne Ende';
  test('puts lines and characters together, wherever they were cut', async () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const lines: string[] = [];
      for await (const line of linesOf(pieces(bytes, size))) lines.push(line);
      assert.deepEqual(lines, text.split('\n'), `pieces of ${size}`);
    }
  });

  async function* pieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
});
