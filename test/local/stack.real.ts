/**
 * The whole of local/, for real: needs Linux, root and the binaries that `npm run up` builds. Runs beside a stack that is up, in
 * a cache directory of its own. Not a *.test.ts, so that unit tests stay unit tests: `node --test test/local/stack.real.ts`.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    for (const part of ['kubelet-1', 'containerd-1', 'temporal', 'etcd']) {
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
