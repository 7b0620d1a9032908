import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, suite, test } from 'node:test';
import { isFromHere, uiDoor } from '../../local/web-ui.ts';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function ask(
  port: number,
  headers: IncomingHttpHeaders,
  body?: string,
): Promise<{ status?: number; body: string }> {
  const asked = request({ host: '127.0.0.1', port, path: '/api/v1/x?y=1', method: body ? 'POST' : 'GET', headers });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { ...(answer.statusCode && { status: answer.statusCode }), body: await text(answer) };
}

suite("the door of Temporal's Web UI", () => {
  let reached: string[];
  const ui = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      reached.push(`${incoming.method} ${incoming.url} ${body}`);
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'] }).end('from the UI');
    });
  });
  let door: Server;
  let port: number;

  before(async () => {
    door = uiDoor({ host: '127.0.0.1', port: await listening(ui) });
    port = await listening(door);
  });
  beforeEach(() => (reached = []));
  after(() => {
    ui.close();
    door.close();
  });

  test('a page whose own name leads to this machine is refused, and the UI hears nothing', async () => {
    const { status } = await ask(port, { host: `evil.example:${port}` });
    assert.deepEqual([status, reached], [403, []]);
  });

  test('a page of another origin may start nothing', async () => {
    const headers = { host: `localhost:${port}`, origin: 'http://evil.example', 'content-type': 'text/plain' };
    const { status } = await ask(port, headers, '{}');
    assert.deepEqual([status, reached], [403, []]);
  });

  test('who asks for this machine gets the UI: method, path, body and answer are passed on', async () => {
    const { status, body } = await ask(
      port,
      { host: `localhost:${port}`, origin: `http://localhost:${port}` },
      'hello',
    );
    assert.deepEqual([status, body, reached], [201, 'from the UI', ['POST /api/v1/x?y=1 hello']]);
  });

  test('a UI that is not there is said, and the next one is reached', async () => {
    const gone = createServer();
    const nowhere = await listening(gone);
    gone.close();
    const other = uiDoor({ host: '127.0.0.1', port: nowhere });
    const { status, body } = await ask(await listening(other), { host: 'localhost' });
    other.close();
    assert.deepEqual([status, body], [502, "Temporal's Web UI does not answer.\n"]);
  });

  const names: [host: string | undefined, origin: string | undefined, letIn: boolean][] = [
    ['localhost:8233', undefined, true],
    ['127.0.0.1:8233', 'http://127.0.0.1:8233', true],
    ['[::1]:8233', undefined, true],
    ['LOCALHOST', undefined, true],
    [undefined, undefined, false],
    ['', undefined, false],
    ['127.0.0.1.evil.example', undefined, false],
    ['localhost.evil.example:8233', undefined, false],
    ['localhost@evil.example', undefined, false],
    ['0.0.0.0:8233', undefined, false],
    ['localhost', 'null', false],
    ['localhost', 'file://localhost', false],
    ['localhost', 'http://localhost.evil.example', false],
  ];
  for (const [host, origin, letIn] of names)
    test(`Host ${host}, Origin ${origin}: ${letIn ? 'let in' : 'refused'}`, () =>
      assert.equal(isFromHere({ host, origin }), letIn));
});
