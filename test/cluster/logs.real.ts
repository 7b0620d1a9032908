/** The logs of real pods: every byte of every container once, whatever is printed, and however often a sidecar starts again. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readLog } from '../../src/logs/index.ts';
import type { PodResult, PodSpec } from '../../src/contract/index.ts';
import { refOf } from '../../src/pod/identity.ts';
import { real, type Lane, type Real, type RunningWorker } from '../support/real.ts';

let world: Real;
let lane: Lane;
let worker: RunningWorker;
before(async () => {
  world = await real();
  lane = world.lane('logs');
  worker = await lane.worker();
});
after(async () => {
  await worker.kill('SIGTERM');
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

/** The stored pieces of each container, in their order; a gap as `<gap>`. */
async function stored({ logs }: PodResult): Promise<Record<string, Buffer[]>> {
  const found: Record<string, Buffer[]> = {};
  for await (const { container, kind, bytes } of readLog(fileURLToPath(logs.uri)))
    (found[container] ??= []).push(kind === 'gap' ? Buffer.from('<gap>') : bytes);
  return found;
}

const innermost = (error: unknown): Error =>
  error instanceof Error && error.cause instanceof Error ? innermost(error.cause) : (error as Error);

const run = async (spec: PodSpec) => (await (await lane.start(spec)).result()) as PodResult;
const python = (script: string, more: Partial<PodSpec> = {}): PodSpec => ({
  image: world.images.python,
  command: ['python3', '-u', '-c', script],
  ...more,
});
const shell = (script: string) => ({ image: world.images.shell, command: ['sh', '-c', script] });

suite('the logs of real pods', { concurrency: 4, timeout: 120_000 }, () => {
  test('a line of 1 MiB is one line, byte by byte', async () => {
    const result = await run(python('print("x" * (1 << 20)); print("end")'));
    const { base = [] } = await stored(result);
    assert.deepEqual(
      base.map((line) => line.length),
      [1 << 20, 3],
    );
    assert.ok(base[0]?.equals(Buffer.alloc(1 << 20, 'x')));
    assert.deepEqual([result.logs.lines, result.logs.bytes, result.logs.gaps], [2, (1 << 20) + 5, 0]);
  });

  test('a line of 20 MiB, and what maxLineBytes and maxBytes leave of a log', async () => {
    const script = 'print("x" * (20 << 20)); [print(f"line {n}") for n in range(1000)]';
    const { logs } = await run(python(script, { logs: { maxLineBytes: 1024, maxBytes: 1500 } }));
    const all = (20 << 20) + 1 + Array.from({ length: 1000 }, (_, n) => `line ${n}\n`.length).reduce((a, b) => a + b);
    assert.ok(logs.bytes <= 1500);
    assert.deepEqual([logs.bytes + (logs.dropped?.bytes ?? 0), logs.lines + (logs.dropped?.lines ?? 0)], [all, 1001]);
    assert.match(logs.tail, /line 999$/);
  });

  test('bytes that are not UTF-8, NULs and escapes stay as they came', async () => {
    const script = String.raw`import sys; sys.stdout.buffer.write(bytes(b for b in range(256) if b != 10) + b"\n\x1b[2Jred\0\n")`;
    const { base = [] } = await stored(await run(python(script)));
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10));
    assert.deepEqual(base, [bytes, Buffer.from('\x1b[2Jred\0')]);
  });

  test('an empty log is one', async () => {
    const result = await run(shell('true'));
    const { lines, bytes, gaps, tail } = result.logs;
    assert.deepEqual([lines, bytes, gaps, tail], [0, 0, 0, '']);
    assert.deepEqual(await stored(result), {});
  });

  test('a plain sidecar that never ends holds nobody up, and its lines are there', async () => {
    const side = { name: 'side', ...shell('echo beside; while :; do sleep 1; done') };
    const result = await run({ ...shell('echo worked'), template: { spec: { containers: [side] } } });
    assert.deepEqual(await stored(result), { base: [Buffer.from('worked')], side: [Buffer.from('beside')] });
    assert.deepEqual(result.cleanup, { gone: true });
  });

  test('a native sidecar that ends and starts again twice has every line of every start', async () => {
    // Its last lines are written just before it ends: a stream need not have brought them by then. Restarts: at once, after 10 s.
    const count = 'n=$(cat /state/n 2>/dev/null || echo 0); echo $((n+1)) > /state/n';
    const print = 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo $n.$i; [ $i != 250 ] || sleep 2; done';
    const last = `[ $n -lt 2 ] || { touch /state/done; trap 'exit 0' TERM; while :; do sleep 0.1; done; }`;
    const mounts = [{ name: 'state', mountPath: '/state' }];
    const proxy = {
      name: 'proxy',
      restartPolicy: 'Always',
      volumeMounts: mounts,
      ...shell(`${count}; ${print}; ${last}; exit 0`),
    };
    const result = await run({
      ...shell('while [ ! -e /state/done ]; do sleep 0.1; done'),
      volumeMounts: mounts,
      template: { spec: { initContainers: [proxy], volumes: [{ name: 'state', emptyDir: {} }] } },
    });
    const expected = [0, 1, 2].flatMap((life) => Array.from({ length: 500 }, (_, index) => `${life}.${index + 1}`));
    assert.deepEqual((await stored(result))['proxy']?.map(String), expected);
    assert.deepEqual([result.logs.lines, result.logs.gaps], [1500, 0]);
  });

  test('an init container’s lines come while it runs, and logs.containers keeps what it names', async () => {
    const prepare = { name: 'prepare', ...shell('echo preparing; sleep 5; echo prepared') };
    const started = await lane.start({
      ...shell('echo worked'),
      logs: { containers: ['prepare'] },
      template: { spec: { initContainers: [prepare] } },
    });
    await lane.printed(started, 'preparing');
    const pod = await lane.podOf(started, () => true);
    assert.ok(pod.status?.initContainerStatuses?.[0]?.state?.running, 'it runs while its line is there');
    const result = (await started.result()) as PodResult;
    assert.deepEqual(Object.keys(await stored(result)), ['prepare']);
    assert.equal(result.logs.lines, 2);
  });

  test('a native sidecar that crashes at once: a line of every start, and beside the failure', async () => {
    const proxy = { name: 'proxy', restartPolicy: 'Always', ...shell('echo cannot start; exit 1') };
    // The second start comes at once, the third ten seconds later.
    const started = await lane.start({
      ...shell('true'),
      timeouts: { start: '8s' },
      template: { spec: { initContainers: [proxy] } },
    });
    const message = await started.result().then(
      () => 'it started',
      (error: unknown) => innermost(error).message,
    );
    assert.match(message, /SidecarNotStarted[\s\S]*last lines of proxy:\n\s+cannot start/);
    assert.deepEqual(await lane.lines(started), ['cannot start', 'cannot start']);
  });

  test('a cancel while the container is being created: what starts all the same has its lines', async () => {
    const started = await lane.start(
      world.shell(`trap 'echo told; exit 0' TERM; echo started; while :; do sleep 0.1; done`),
    );
    const pod = await lane.podOf(started, ({ spec }) => spec?.nodeName !== undefined);
    await started.cancel();
    await assert.rejects(started.result());
    const events = await world.cluster.podEvents(refOf(pod));
    const ran = events.some(({ reason }) => reason === 'Started');
    assert.deepEqual(await lane.lines(started), ran ? ['started', 'told'] : []);
  });

  test('a cancel of a pod that ended while its worker was dead: the cleanup reads the rest', async () => {
    const own = world.lane('logs-killed');
    const first = await own.worker();
    const started = await own.start(world.shell('for n in 1 2 3; do echo $n; sleep 1; done'));
    await own.printed(started, '1');
    await first.kill('SIGKILL');
    await own.podOf(started, ({ status }) => status?.phase === 'Succeeded');
    await started.cancel();
    const second = await own.worker();
    await assert.rejects(started.result());
    assert.deepEqual(await own.lines(started), ['1', '2', '3']);
    await second.kill('SIGTERM');
  });
});
