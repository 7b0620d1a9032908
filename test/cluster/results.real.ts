/** Results of real pods: each way, at its limits, and with a worker that dies in between. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/client';
import { COLLECTOR } from '../../src/pod/collector.ts';
import type { PodFailureDetails, PodResult, PodSpec } from '../../src/contract/index.ts';
import { isRunning, real, type Lane, type Real } from '../support/real.ts';

let world: Real;
let lane: Lane;
let strict: string;
before(async () => {
  world = await real();
  strict = await world.createNamespace('results', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  lane = world.lane('results');
  await lane.worker({ namespaces: [world.namespace, strict] });
});
after(async () => {
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const FILE = { from: 'file', path: '/result/out.json' } as const;
const MIB = 1024 * 1024;
/** Writes a JSON text of so many bytes. */
const writing = (bytes: number) =>
  `{ printf '"'; head -c ${bytes - 2} /dev/zero | tr '\\0' a; printf '"'; } > ${FILE.path}`;

async function resultOf(script: string, more: Partial<PodSpec>, on = lane): Promise<PodResult> {
  const run = await on.start(world.shell(script, more));
  const result = (await run.result()) as PodResult;
  assert.deepEqual(await on.pods(run), []);
  return result;
}

async function failureOf(
  script: string,
  more: Partial<PodSpec>,
): Promise<{ type: string; details: PodFailureDetails }> {
  const run = await lane.start(world.shell(script, more));
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.deepEqual(await lane.pods(run), []);
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type !== 'DagFailed')
      return { type: cause.type ?? '', details: cause.details?.[0] as PodFailureDetails };
  throw new Error('no failure of a pod', { cause: error });
}

suite('results of real pods', { concurrency: 6, timeout: 150_000 }, () => {
  // The longest one first: a heartbeat has to time out.
  test('a worker killed while the pod runs: the next one has the result, of any kind', async () => {
    const own = world.lane('results-killed');
    const first = await own.worker();
    const wait = 'echo begun; sleep 4; ';
    const runs = [
      await own.start(world.shell(`${wait}echo [1] > /dev/termination-log`)),
      await own.start(world.shell(`echo ::result::0; ${wait}echo ::result::[2]`, { result: { from: 'log' } })),
      await own.start(world.shell(`${wait}${writing(100_000)}`, { result: FILE })),
    ];
    for (const run of runs) await own.printed(run, 'begun');
    for (const run of runs) await own.podOf(run, isRunning);
    await first.kill('SIGKILL');
    await own.worker();
    const outputs = await Promise.all(runs.map(async (run) => ((await run.result()) as PodResult).output));
    assert.deepEqual(outputs, [[1], [2], 'a'.repeat(99_998)]);
  });

  test('the termination message', async () => {
    const { output } = await resultOf(`echo '{"rows":3,"é":"😀"}' > /dev/termination-log`, {});
    assert.deepEqual(output, { rows: 3, é: '😀' });
  });

  test('a termination message for people is no result, and no failure, where nobody asked for one', async () => {
    const { output } = await resultOf(`echo 'the answer is 42' > /dev/termination-log`, {});
    assert.equal(output, undefined);
    const { type } = await failureOf(`echo no > /dev/termination-log`, { result: { from: 'terminationMessage' } });
    assert.equal(type, 'ResultInvalid');
  });

  test('a termination message of more than 4096 bytes is too large', async () => {
    const { type } = await failureOf(
      `{ printf '"'; head -c 5000 /dev/zero | tr '\\0' a; printf '"'; } > /dev/termination-log`,
      {},
    );
    assert.equal(type, 'ResultTooLarge');
    const digits = await failureOf(`head -c 5000 /dev/zero | tr '\\0' 7 > /dev/termination-log`, {});
    assert.equal(digits.type, 'ResultTooLarge');
    const { output } = await resultOf(`{ head -c 5000 /dev/zero | tr '\\0' a; echo; } > /dev/termination-log`, {});
    assert.equal(output, undefined);
  });

  test('the marked line of a log, the last of several, also when it is long', async () => {
    const script = `echo '::result::1'; printf '::result::"'; head -c 100000 /dev/zero | tr '\\0' a; echo '"'; echo bye`;
    const { output } = await resultOf(script, { result: { from: 'log' } });
    assert.equal(output, 'a'.repeat(100_000));
  });

  test('a marked line that breaks the schema', async () => {
    const schema = { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows', 'day'] };
    const { type, details } = await failureOf(`echo '::result::{"rows":1.5}'`, { result: { from: 'log', schema } });
    assert.equal(type, 'ResultInvalid');
    assert.match(details.message ?? '', /rows: must be of type integer, got 1\.5\nday: must be there/);
  });

  test('a file, under Pod Security restricted, readable by its owner only; its collector is not in the log', async () => {
    const script = `umask 077; echo hello; echo '{"rows":3}' > ${FILE.path}`;
    const { output, logs } = await resultOf(script, { result: FILE, namespace: strict });
    assert.deepEqual(output, { rows: 3 });
    assert.equal(logs.lines, 1);
  });

  test('a file of 1 MiB, with the shortest grace; one byte more is told with its size', async () => {
    const { output } = await resultOf(writing(MIB), { result: FILE, grace: '1s' });
    assert.equal(output, 'a'.repeat(MIB - 2));
    const { type, details } = await failureOf(writing(MIB + 1), { result: FILE });
    assert.equal(type, 'ResultTooLarge');
    assert.match(details.message ?? '', /has 1048577 bytes/);
  });

  test('a file in the author’s own volume, in a folder of it', async () => {
    const own: Partial<PodSpec> = {
      volumes: [{ name: 'scratch', emptyDir: {} }],
      volumeMounts: [{ name: 'scratch', mountPath: '/data', subPath: 'runs' }],
      result: { from: 'file', path: '/data/today/out.json' },
    };
    const { output } = await resultOf('mkdir /data/today; echo [1] > /data/today/out.json', own);
    assert.deepEqual(output, [1]);
  });

  test('a file, while a plain container runs on', async () => {
    const side = { name: 'side', image: world.images.shell, command: ['sleep', '600'] };
    const { output } = await resultOf(`echo [2] > ${FILE.path}`, {
      result: FILE,
      template: { spec: { containers: [side] } },
    });
    assert.deepEqual(output, [2]);
  });

  for (const [name, script, type] of [
    ['no file', 'true', 'ResultMissing'],
    ['a file that is not JSON', `echo '{rows:1}' > ${FILE.path}`, 'ResultInvalid'],
    ['a named pipe', `mkfifo ${FILE.path}`, 'ResultInvalid'],
    ['a link that leads nowhere', `ln -s /nowhere ${FILE.path}`, 'ResultInvalid'],
    ['a link to a file of the collector’s image', `ln -s /etc/passwd ${FILE.path}`, 'ResultInvalid'],
    ['a file of a pod that failed', `echo 1 > ${FILE.path}; exit 3`, 'ContainerFailed'],
  ] as const)
    test(`${name}: ${type}`, async () => assert.equal((await failureOf(script, { result: FILE })).type, type));

  test('a collector without its image keeps the pod from its start, and the ending names it', async () => {
    const initContainers = [{ name: COLLECTOR, image: 'localhost/temporal-pods/none:1', imagePullPolicy: 'Never' }];
    const { type, details } = await failureOf('true', { result: FILE, template: { spec: { initContainers } } });
    assert.match(type, /^(InvalidImage|ImagePullFailed)$/);
    assert.equal(details.container, COLLECTOR);
  });
});
