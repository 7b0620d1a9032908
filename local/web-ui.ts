/**
 * The door of Temporal's Web UI. The UI itself answers to any Host name, so a web page whose own name was made to lead to this machine
 * (DNS rebinding) could start workflows, and with them pods. So it listens where no page finds it, and this is what a browser is given:
 * it lets through only what was addressed to this machine, by a page of this machine.
 */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

export type Listening = { host: string; port: number };

const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Any port: it may have been forwarded from another machine. A name of somebody else's is never one of these. */
function isLocal(authority: string | undefined): boolean {
  const { hostname } = URL.parse(`http://${authority ?? ''}`) ?? {};
  return hostname !== undefined && LOCAL.includes(hostname);
}

/** A browser says the Host that the page asked for and, of all that changes anything, the page's own Origin. */
export const isFromHere = ({ host, origin }: { host?: string | undefined; origin?: string | undefined }): boolean =>
  isLocal(host) && (origin === undefined || isLocal(/^https?:\/\/(.+)$/.exec(origin)?.[1]));

const REFUSAL =
  'Only http://localhost and http://127.0.0.1 are answered here: another name may be a trick of a web page.\n';

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

export const uiDoor = (ui: Listening): Server =>
  createServer((incoming: IncomingMessage, response: ServerResponse) => {
    if (!isFromHere(incoming.headers)) return refuse(response, 403, REFUSAL);
    const { method, url, headers } = incoming;
    const outgoing = request({ ...ui, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on('error', () => response.destroy()).pipe(response);
    });
    outgoing.on('error', () =>
      response.headersSent ? response.destroy() : refuse(response, 502, "Temporal's Web UI does not answer.\n"),
    );
    response.on('close', () => outgoing.destroy());
    return incoming.pipe(outgoing);
  });

/** How it is started: `node web-ui.ts <port> <the UI's address> <the UI's port>`. */
export const doorCommand = (port: number, ui: Listening): [string, ...string[]] => [
  process.execPath,
  fileURLToPath(import.meta.url),
  ...[String(port), ui.host, String(ui.port)],
];

if (import.meta.main) {
  const [port, host = '', uiPort] = process.argv.slice(2);
  uiDoor({ host, port: Number(uiPort) }).listen(Number(port), '127.0.0.1');
}
