/** A heartbeat that the author's codec has made too large for Temporal, on a real server. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { isRunning, real } from '../support/real.ts';
import { ownWorker } from '../support/own-worker.ts';

/** More than a server takes (2 MiB), less than gRPC does (4 MiB). */
const TOO_MUCH = 3 * 1024 * 1024;
const SWOLLEN = Buffer.from('binary/swollen');

/** Swells records of pods for as long as it is told to. */
class Swelling implements PayloadCodec {
  on = false;
  swollen = 0;

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (!this.on || !Buffer.from(payload.data ?? []).includes('"cluster":')) return payload;
      this.swollen++;
      return { metadata: { encoding: SWOLLEN }, data: Buffer.concat([payload.data!], TOO_MUCH) };
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  }
}

suite('a heartbeat that is too large', { timeout: 120_000 }, () => {
  test('fails its task, as the server wants it, and is not told as a cancel; no pod is left', async () => {
    const world = await real();
    const codec = new Swelling();
    const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
    const lane = world.lane('too-large');
    const stop = await ownWorker(world, lane.taskQueue, workflowsPath, { dataConverter: { payloadCodecs: [codec] } });
    try {
      const run = await lane.start(world.shell('while :; do usleep 50000; done'));
      await lane.podOf(run, isRunning);
      codec.on = true;
      const error: unknown = await run.result().catch((reason: unknown) => reason);
      assert.ok(codec.swollen > 0);
      assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure, String(error));
      assert.match(error.cause.message, /Heartbeat details exceed size limit/);
      assert.equal((await run.describe()).status.name, 'FAILED');
      assert.deepEqual(await lane.pods(run), []);
    } finally {
      await stop();
      await world.close();
    }
  });
});
