import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import { choosePort, isFree, portNotes } from '../../local/ports.ts';

const taken =
  (...ports: number[]) =>
  (port: number) =>
    Promise.resolve(!ports.includes(port));

suite('ports', () => {
  test('the preferred port is taken when it is free', async () => {
    assert.equal(await choosePort(7233, new Set(), { free: taken() }), 7233);
  });

  test('a taken port is avoided, and so is one promised to another part', async () => {
    assert.equal(await choosePort(7233, new Set([7235]), { free: taken(7233, 7234) }), 7236);
  });

  test('what is chosen is promised from then on', async () => {
    const promised = new Set<number>();
    await choosePort(2379, promised, { free: taken() });
    assert.equal(await choosePort(2379, promised, { free: taken() }), 2380);
  });

  test('without a free port the message says where it looked', async () => {
    const none = () => Promise.resolve(false);
    await assert.rejects(choosePort(7233, new Set(), { free: none }), /no free port from 7233 to 7332 on 127.0.0.1/);
  });

  test('a port that somebody listens on is not free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    assert.equal(await isFree(address.port, '127.0.0.1'), false);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await isFree(address.port, '127.0.0.1'), true);
  });

  test('only a port that differs from the usual one is told', () => {
    assert.deepEqual(portNotes({ Temporal: 7233, 'the Web UI': 8233 }, { Temporal: 7234, 'the Web UI': 8233 }), [
      'port 7233 is taken, so Temporal is on 7234',
    ]);
  });
});
