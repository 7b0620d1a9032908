/**
 * The whole of local/, for real: needs Linux, root and the binaries that `npm run up` builds. Runs beside a stack that is up, in
 * a cache directory of its own. Not a *.test.ts, so that unit tests stay unit tests: `node --test test/local/stack.real.ts`.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { cgroups, members } from '../../local/cgroups.ts';
import { down } from '../../local/down.ts';
import { kubeApi } from '../../local/kube-api.ts';
import { leftovers } from '../../local/leftovers.ts';
import { place } from '../../local/place.ts';
import { running, until } from '../../local/processes.ts';
import { readStack, type Stack } from '../../local/stack.ts';
import { readState } from '../../local/state.ts';
import { status } from '../../local/status.ts';
import { isTemporal } from '../../local/temporal.ts';
import { up } from '../../local/up.ts';
import { cacheHome } from '../../src/config/local-stack.ts';

const ready = process.platform === 'linux' && process.getuid?.() === 0 && existsSync(join(cacheHome(), 'bin'));

/** Where containerd, CNI and kubelets leave things, if they are let. */
const DIRECTORIES = [
  ...['/run/containerd', '/run/netns', '/run/runc', '/opt/containerd', '/opt/cni', '/etc/cni', '/etc/kubernetes'],
  ...['/var/lib/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers', '/var/log/pods'],
];

/** What of the machine must be as it was: mounts, interfaces, kernel settings, directories. */
function machine(): Record<string, string> {
  const read = (path: string): string => readFileSync(path, 'utf8').trim();
  const settings = ['net/ipv4/ip_forward', 'vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'];
  return {
    mounts: read('/proc/self/mounts'),
    interfaces: readdirSync('/sys/class/net')
      .filter((name) => !name.startsWith('veth'))
      .join(' '),
    settings: settings.map((name) => read(`/proc/sys/${name}`)).join(' '),
    directories: DIRECTORIES.filter((path) => existsSync(path)).join(' '),
  };
}

const pod = (name: string, script: string): object => ({
  metadata: { name },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'base', image: 'localhost/temporal-pods/shell:1', command: ['sh', '-c', script] }],
  },
});

async function runPod(stack: Stack, name: string, script: string, phase: string): Promise<void> {
  const api = kubeApi(stack.kubernetes.workerKubeconfig);
  const pods = `/api/v1/namespaces/${stack.kubernetes.namespace}/pods`;
  assert.equal((await api('POST', pods, pod(name, script))).status, 201);
  const reached = async (): Promise<boolean> => {
    const { body } = await api('GET', `${pods}/${name}`);
    return (body as { status: { phase: string } }).status.phase === phase;
  };
  assert.ok(await until(reached, 30_000), `${name} reaches ${phase}`);
}

/** Kills whatever belongs to the stack, pods' processes too, in an order that nobody has planned for. */
function killEverything(): void {
  const here = place();
  const pids = [...running(here).map(({ pid }) => pid), ...cgroups(here).flatMap(members)];
  for (const pid of pids.map((pid) => ({ pid, turn: Math.random() })).sort((a, b) => a.turn - b.turn)) {
    try {
      process.kill(pid.pid, 'SIGKILL');
    } catch {
      // one of the others took it along
    }
  }
}

/** The ports of IPv4 on which these processes listen, whoever told them to. */
function portsOf(pids: readonly number[]): { host: string; port: number }[] {
  const sockets = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]),
  );
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(inode))
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { host: [...Buffer.from(address, 'hex').reverse()].join('.'), port: Number.parseInt(port, 16) };
    });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** What a browser sends for a page: the page chooses address, port, path and body, and its own name may lead to this machine. */
async function browse(host: string, port: number, headers: OutgoingHttpHeaders, path: string, body?: string) {
  const method = body === undefined ? 'GET' : 'POST';
  const asked = request({ host, port, path, method, headers, timeout: 5_000 });
  asked.end(body);
  return new Promise<{ status: number; body: string; cookies: string[] }>((resolve) => {
    const none = { status: 0, body: '', cookies: [] };
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(none)); // gRPC speaks no HTTP/1.1
    asked.on('response', (answer) => {
      const cookies = answer.headers['set-cookie'] ?? [];
      text(answer).then(
        (got) => resolve({ status: answer.statusCode ?? 0, body: got, cookies }),
        () => resolve(none),
      );
    });
  });
}

suite('a stack of our own', { skip: !ready, concurrency: false }, () => {
  const silent = (): void => undefined;
  let untouched: Record<string, string>;
  let cache: string;
  const xdg = process.env['XDG_CACHE_HOME'];

  before(() => {
    const shared = cacheHome();
    cache = mkdtempSync(join(tmpdir(), 'tp-'));
    process.env['XDG_CACHE_HOME'] = cache;
    mkdirSync(cacheHome());
    for (const name of ['bin', 'images']) {
      if (existsSync(join(shared, name))) symlinkSync(join(shared, name), join(cacheHome(), name));
    }
    untouched = machine();
  });

  after(async () => {
    await down({ purge: true, say: silent });
    rmSync(cache, { recursive: true, force: true });
    if (xdg === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = xdg;
  });

  const subnets = (): string[] => readState(place()).kubernetes?.nodes.map(({ subnet }) => subnet) ?? [];

  test('up gives a stack that runs pods, and a second up changes nothing', async () => {
    const stack = await up({ say: silent });
    await runPod(stack, 'hello', 'echo hello', 'Succeeded');
    const before = (await status()).processes;
    assert.deepEqual(await up({ say: silent }), stack);
    assert.deepEqual((await status()).processes, before);
    assert.equal((await status()).up, true);
    assert.deepEqual(readStack(), stack);
  });

  test('no page of the web starts a workflow, or reads of one, at any port of Temporal', async () => {
    const started = JSON.stringify({
      workflowType: { name: 'x' },
      taskQueue: { name: 'x' },
      requestId: randomUUID(),
    });
    const ours = running(place()).filter(({ part }) => isTemporal(part));
    // A page has to name an address that it knows: this machine's own.
    const ports = portsOf(ours.map(({ pid }) => pid)).filter(({ host }) => ['127.0.0.1', '0.0.0.0'].includes(host));
    assert.ok(ports.length > 3, JSON.stringify(ports));
    const letIn: string[] = [];
    for (const { port } of ports) {
      for (const host of [`evil.example:${port}`, `127.0.0.1:${port}`]) {
        const rebound = host.startsWith('evil');
        const page = { host, ...(!rebound && { origin: 'http://evil.example' }), 'content-type': 'text/plain' };
        for (const prefix of ['', '/api/v1']) {
          const namespaces = await browse('127.0.0.1', port, page, `${prefix}/namespaces`);
          const _csrf = namespaces.cookies.map((cookie) => /^_csrf=([^;]+)/.exec(cookie)?.[1]).find(Boolean) ?? '';
          // Its own cookies a page may read; those of another host, never.
          const token = rebound ? { cookie: `_csrf=${_csrf}`, 'x-csrf-token': _csrf } : {};
          const path = `${prefix}/namespaces/default/workflows/evil-${randomUUID()}`;
          const answer = await browse('127.0.0.1', port, { ...page, ...token }, path, started);
          if (answer.status === 200) letIn.push(`${host} starts at ${prefix}`);
          if (rebound && namespaces.body.includes('temporal-system')) letIn.push(`${host} reads at ${prefix}`);
        }
      }
    }
    assert.deepEqual(letIn, []);
  });

  test('the Web UI is where it is said to be, for the person at this machine', async () => {
    const url = URL.parse(readStack()?.temporal.uiUrl ?? '');
    assert.ok(url !== null);
    const page = await browse(url.hostname, Number(url.port), { host: url.host }, '/namespaces/default/workflows');
    assert.deepEqual([page.status, /<title>|_app\//.test(page.body)], [200, true]);
    const api = await browse(url.hostname, Number(url.port), { host: url.host }, '/api/v1/namespaces');
    assert.match(api.body, /temporal-system/);
  });

  test('what a worker may not do is refused', async () => {
    const stack = readStack();
    assert.ok(stack !== undefined);
    const api = kubeApi(stack.kubernetes.workerKubeconfig);
    for (const path of [
      '/api/v1/nodes',
      '/api/v1/namespaces/default/pods',
      '/api/v1/namespaces/temporal-pods/secrets',
    ]) {
      assert.equal((await api('GET', path)).status, 403, path);
    }
  });

  test('a part that died is there again after up, and pods have not noticed', async () => {
    const stack = await up({ say: silent });
    await runPod(stack, 'patient', 'sleep 600', 'Running');
    for (const part of ['kubelet-1', 'containerd-1', 'temporal', 'web-ui', 'etcd']) {
      const found = (await status()).processes.find((one) => one.part === part);
      assert.ok(found !== undefined, part);
      process.kill(found.pid, 'SIGKILL');
      await until(async () => !(await status()).up, 5_000);
      await up({ say: silent });
    }
    const now = await status();
    assert.equal(now.up, true, JSON.stringify(now));
    const { body } = await kubeApi(stack.kubernetes.kubeconfig)('GET', '/api/v1/namespaces/temporal-pods/pods/patient');
    const { phase, containerStatuses } = (
      body as { status: { phase: string; containerStatuses: { restartCount: number }[] } }
    ).status;
    assert.deepEqual([phase, containerStatuses.map((one) => one.restartCount)], ['Running', [0]]);
  });

  test('down leaves nothing, also with pods running', async () => {
    const networks = subnets();
    assert.deepEqual(await down({ say: silent }), []);
    assert.deepEqual(await leftovers(place(), networks), []);
    assert.deepEqual(machine(), untouched);
  });

  test('down leaves nothing after everything was killed in any order', async () => {
    await runPod(await up({ say: silent }), 'doomed', 'sleep 600', 'Running');
    const networks = subnets();
    killEverything();
    assert.deepEqual(await down({ say: silent }), []);
    assert.deepEqual(await leftovers(place(), networks), []);
    assert.deepEqual(machine(), untouched);
  });

  test('up after everything was killed is a fresh start, and a second node can join it', async () => {
    await up({ say: silent });
    killEverything();
    await runPod(await up({ say: silent }), 'again', 'true', 'Succeeded');
    const grown = await up({ nodes: 2, say: silent });
    assert.equal(grown.kubernetes.nodes.length, 2);
    assert.equal((await status()).up, true);
    assert.deepEqual(await down({ say: silent }), []);
    assert.deepEqual(machine(), untouched);
  });

  test('histories outlive down, unless purged', async () => {
    assert.ok(existsSync(place().database));
    await down({ purge: true, say: silent });
    assert.equal(existsSync(place().database), false);
  });
});
