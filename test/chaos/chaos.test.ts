/** The campaign's own parts: a judge that sees nothing, or a mutant that is none, would prove nothing. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Kube } from './kube.ts';
import { MUTANTS, makeMutant } from './mutants.ts';
import { Observer, type Seen } from './observer.ts';
import { isBad, judge } from './oracle.ts';
import { fileOf, joined } from './campaign.ts';
import { RESTARTS, rounds, SHARED, SINGLE, smaller, type RoundPlan } from './plan.ts';
import { TemporalProxy, Wire } from './proxy.ts';
import { cancelReport, type RunFacts } from './round.ts';
import { OwnStack } from './servers.ts';
import { Table } from './table.ts';
import { PROJECT } from './world.ts';

const take = (seed: number, count: number) => {
  const all = rounds(seed, { runsPerRound: 4 });
  return Array.from({ length: count }, () => all.next().value as RoundPlan);
};

const line = (number: number, ns = number) =>
  `${number} ${(10n ** 18n + BigInt(ns)).toString()} ${'x'.repeat((number * 7) % 61)}`;
const done = (count: number) => `done ${count} ${(10n ** 18n + BigInt(count + 1)).toString()}`;
const printedBy = (count: number, from = 0) => [
  ...Array.from({ length: count }, (_, index) => line(index + 1, from + index + 1)),
  done(count),
];

const KEY = { workflowId: 'w', runId: 'r', activityId: 'main-1' };
const seen = (more: Partial<Seen> = {}): Seen => ({
  uid: 'u',
  name: 'main-1',
  key: KEY,
  pod: { metadata: { name: 'main-1', namespace: 'n', uid: 'u', resourceVersion: '1' } },
  createdAt: 0,
  ranAt: 100,
  endedAt: 900,
  exitCode: 0,
  deletingAt: 1000,
  goneAt: 1000,
  lines: printedBy(3),
  complete: true,
  ...more,
});
const STORED = { uid: 'u', runId: 'r', activityId: 'main-1', lines: printedBy(3), gaps: [], ended: true };
const RESULT = {
  outcome: 'Succeeded',
  exitCode: 0,
  output: { lines: 3 },
  pod: { uid: 'u' },
  logs: { lines: 4, gaps: 0 },
  cleanup: { gone: true },
};
const facts = (more: Partial<RunFacts> = {}): RunFacts => ({
  plan: { id: '0', pod: { lines: 3, burst: 1, pauseMs: 0, exit: 0, deaf: false } },
  workflowId: 'w',
  end: { status: 'COMPLETED', result: RESULT },
  runIds: ['r'],
  startedAt: 0,
  closedAt: 1100,
  met: new Set(),
  handovers: [],
  crashes: [],
  growth: [],
  seen: [seen()],
  stored: [STORED],
  orphans: [],
  ...more,
});
const verdict = (more: Partial<RunFacts> = {}) => judge(facts(more), undefined);

suite('the campaign itself', () => {
  test('a seed gives the same plans again, another seed gives others', () => {
    assert.deepEqual(take(7, 20), take(7, 20));
    assert.notDeepEqual(take(7, 1), take(8, 1));
  });

  test('every kind of fault comes up', () => {
    const plans = take(1, 60);
    const kinds = new Set([
      ...plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)),
      ...plans.flatMap(({ runs }) => runs.flatMap(({ fault }) => (fault ? [fault.kind] : []))),
    ]);
    assert.deepEqual([...kinds].sort(), [...Object.keys(SHARED), ...Object.keys(SINGLE)].sort());
  });

  test('some rounds have a fault alone whose mending is measured, each in its turn', () => {
    const alone = take(1, 15).filter(({ faults, runs }) => {
      const single = new Set(runs.map(({ fault }) => fault?.kind));
      return faults.length === 1 && single.size === 1 && runs.every(({ pod }) => pod.exit === 0 && pod.pauseMs <= 120);
    });
    const kinds = new Set<string | undefined>(alone.map(({ faults, runs }) => runs[0]?.fault?.kind ?? faults[0]?.kind));
    for (const kind of ['worker killed', 'worker told to stop', 'run cancelled']) assert.ok(kinds.has(kind), kind);
  });

  test('servers are restarted only when that is asked for, and then all of them', () => {
    const kindsIn = (restarts: boolean) => {
      const all = rounds(1, { runsPerRound: 1, restarts });
      const plans = Array.from({ length: 60 }, () => all.next().value as RoundPlan);
      return new Set<string>(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    };
    assert.deepEqual([...kindsIn(true)].sort(), Object.keys(RESTARTS).sort());
    assert.deepEqual(
      Object.keys(RESTARTS).filter((kind) => kindsIn(false).has(kind)),
      [],
    );
  });

  test('a lost node may take the work of its pods away, and of no others', () => {
    const failed = (type: string, ...kinds: string[]) =>
      verdict({
        seen: [seen({ lines: [line(1)] })],
        stored: [{ ...STORED, lines: [line(1)] }],
        end: { status: 'FAILED', failure: { type, message: '' } },
        met: new Set(kinds),
      }).wrong.length;
    assert.equal(failed('NodeLost', 'node lost, then back'), 0);
    assert.equal(failed('ContainerFailed', 'node lost, then back'), 1);
    assert.equal(failed('NodeLost'), 1);
    assert.equal(failed('NodeLost', 'pod evicted'), 1);
  });

  test('no server of a Temporal of the user’s own is restarted', async () => {
    const before = process.env.TEMPORAL_ADDRESS;
    process.env.TEMPORAL_ADDRESS = 'temporal.example:7233';
    try {
      await assert.rejects(
        OwnStack.open(() => undefined),
        /no Temporal of yours/,
      );
    } finally {
      if (before === undefined) delete process.env.TEMPORAL_ADDRESS;
      else process.env.TEMPORAL_ADDRESS = before;
    }
  });

  test('a log that the API server cut short, cleanly, is not taken for the whole', async () => {
    const pod = {
      metadata: { name: 'main-1', uid: 'u' },
      spec: { nodeName: 'n' },
      status: { containerStatuses: [{ name: 'base', state: { terminated: { exitCode: 0 } } }] },
    };
    const readings = ['one\n', 'one\ntwo\n', 'one\ntwo\n'];
    const answer = (chunks: AsyncIterable<Buffer>) => Object.assign(chunks, { statusCode: 200 });
    const kube = {
      call: async () => ({ status: 200, body: { items: [pod], metadata: { resourceVersion: '1' } } }),
      send: async ({ path }: { path: string }, _: unknown, signal: AbortSignal) =>
        answer(
          (async function* (): AsyncGenerator<Buffer, void> {
            if (path.includes('/log?')) yield Buffer.from(readings.shift() ?? '');
            else await new Promise((resolve) => signal.addEventListener('abort', resolve));
          })(),
        ),
    };
    const observer = new Observer(kube as unknown as Kube, 'n');
    observer.start();
    const one = () => observer.pods.get('u');
    await observer.until(() => one()?.lines.length === 2, AbortSignal.timeout(2_000));
    while (!one()?.complete) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual([one()?.lines, readings], [['one', 'two'], []]);
    await observer.close();
  });

  test('a smaller plan has fewer faults or fewer runs', () => {
    const [plan] = take(3, 1);
    assert.ok(plan);
    for (const one of smaller(plan))
      assert.ok(one.runs.length + one.faults.length < plan.runs.length + plan.faults.length);
  });

  test('a run that went well is called so', () => {
    assert.equal(isBad(verdict()), false);
    assert.equal(verdict().lines, 3);
  });

  const bad: [string, 'orphans' | 'doubled' | 'lost' | 'repeated' | 'wrong', Partial<RunFacts>][] = [
    ['a pod that outlives its run', 'orphans', { seen: [seen({ goneAt: 9_000 })] }],
    ['a pod that nobody deletes', 'orphans', { orphans: ['main-1'] }],
    [
      'a second pod that worked for the same task',
      'doubled',
      { seen: [seen(), seen({ uid: 'v', lines: printedBy(3, 50) })] },
    ],
    [
      'a pod of a reset run that begins before the old one has ended',
      'doubled',
      { seen: [seen(), seen({ uid: 'v', key: { ...KEY, runId: 's' }, lines: [line(1, 2)] })] },
    ],
    ['a line that is missing in the middle', 'lost', { stored: [{ ...STORED, lines: printedBy(3).toSpliced(1, 1) }] }],
    ['a torn line', 'lost', { stored: [{ ...STORED, lines: printedBy(3).toSpliced(1, 1, '2 10') }] }],
    ['a log that was not stored', 'lost', { stored: [] }],
    ['a line told twice', 'repeated', { stored: [{ ...STORED, lines: [line(1), ...printedBy(3)] }] }],
    ['a success of a pod that was stopped', 'wrong', { seen: [seen({ lines: [line(1)] })] }],
    ['a result that is not the pod’s', 'wrong', { end: { status: 'COMPLETED', result: { ...RESULT, output: {} } } }],
    [
      'a failure of a pod that did its work',
      'wrong',
      { end: { status: 'FAILED', failure: { type: 'PodDeleted', message: '' } } },
    ],
    ['a cancellation that nobody asked for', 'wrong', { end: { status: 'CANCELLED' } }],
    ['a run that does not end', 'wrong', { end: { status: 'RUNNING' } }],
    ['a worker that ends by itself', 'wrong', { crashes: ['a ended with 1'] }],
    [
      'a count of lines that is not that of the log',
      'wrong',
      { stored: [{ ...STORED, lines: [...printedBy(3), done(3)] }] },
    ],
  ];
  for (const [what, column, more] of bad)
    test(`${what} is seen: ${column}`, () => {
      const found = verdict(more)[column];
      assert.ok(typeof found === 'number' ? found > 0 : found.length > 0);
    });

  test('a loss that the log tells of is no silent one', () => {
    const { lost, marked } = verdict({
      stored: [{ ...STORED, lines: printedBy(3).toSpliced(1, 1), gaps: ['unread'] }],
    });
    assert.deepEqual({ lost, marked }, { lost: 0, marked: 1 });
  });

  test('what the result itself says is not stored is no silent loss', () => {
    const result = { ...RESULT, logs: { lines: 0, gaps: 1, unstored: true as const } };
    assert.equal(verdict({ end: { status: 'COMPLETED', result }, stored: [] }).lost, 0);
  });

  test('what the result says is not stored needs no mark in the log', () => {
    const stored = [{ ...STORED, lines: printedBy(3).slice(0, 1), ended: false }];
    const result = { ...RESULT, logs: { lines: 1, gaps: 1, unstored: true as const } };
    assert.deepEqual(verdict({ end: { status: 'COMPLETED', result }, stored }).wrong, []);
  });

  test('what the report of a cancelled activity says is not stored is no silent loss', () => {
    const report = { pod: { uid: 'u' }, logs: { lines: 0, gaps: 1, unstored: true } };
    const payload = { data: Buffer.from(JSON.stringify(report)) };
    const details = cancelReport({
      events: [{ activityTaskCanceledEventAttributes: { details: { payloads: [payload] } } }, {}],
    });
    const end = { status: 'CANCELLED', failure: { type: 'CancelledFailure', message: '', details: details! } };
    assert.equal(verdict({ end, stored: [] }).lost, 0);
    assert.ok(verdict({ end: { ...end, failure: { type: '', message: '' } }, stored: [] }).lost > 0);
  });

  test('a history that does not replay is a wrong outcome', () => {
    assert.equal(judge(facts(), 'nondeterminism').wrong.length, 1);
  });

  test('a fault that was planned and never acted is no proof', () => {
    const table = new Table();
    table.planned('worker killed');
    table.add([], verdict(), 1, 1);
    assert.deepEqual(table.vain, ['worker killed']);
    table.fired('worker killed', 1);
    assert.deepEqual(table.vain, []);
  });

  test('how long a worker’s death holds up a log is measured where nothing else was wrong', () => {
    const handovers = [{ figure: 'killed', at: 200, wentOnAt: 900 }] as const;
    const measured = (...kinds: string[]) => verdict({ met: new Set(kinds), handovers }).measured;
    assert.deepEqual(measured('worker killed'), [{ figure: 'killed', ms: 700 }]);
    assert.deepEqual(measured('worker killed', 'API: 2 s slow'), []);
    assert.deepEqual(measured('worker told to stop'), []);
  });

  test('from a cancel to the DELETE is measured of a pod that was at work', () => {
    const measured = (one: Partial<Seen>) =>
      verdict({ met: new Set(['run cancelled']), actedAt: 500, seen: [seen(one)] }).measured;
    assert.deepEqual(measured({ deletingAt: 620 }), [{ figure: 'cancelled', ms: 120 }]);
    assert.deepEqual(measured({ deletingAt: 620, endedAt: 400 }), []);
    assert.deepEqual(measured({ deletingAt: 400 }), []);
    assert.deepEqual(measured({ createdAt: 501, deletingAt: 620 }), []);
  });

  test('the files of two campaigns make one table: sums are added, the worst stays the worst', () => {
    const one = new Table();
    one.fired('worker killed', 2);
    one.add(['worker killed'], { ...verdict(), silence: 5_000, measured: [{ figure: 'killed', ms: 1 }] }, 1, 1);
    const other = new Table();
    other.add(['worker killed'], { ...verdict(), silence: 3_000, lost: 1 }, 2, 3);
    const both = joined([fileOf('a', one), fileOf('b', other)]);
    assert.deepEqual(both.sums, { runs: 2, faults: 2, pods: 3, lines: 6, histories: 4 });
    assert.deepEqual(both.measured.killed, [1]);
    assert.equal(both.rows.get('worker killed')?.silence, 5_000);
    assert.equal(both.isClean, false);
    assert.throws(() => joined(['# nothing']), /no file of --out/);
  });

  for (const [name, mutant] of Object.entries(MUTANTS))
    test(`the mutant ${name} can be made of the product as it is`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
      try {
        makeMutant(PROJECT, folder, mutant);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

  test('docs/reliability.md names no test that is not there, and every mutant', () => {
    const page = readFileSync(join(PROJECT, 'docs/reliability.md'), 'utf8');
    const files = [...page.matchAll(/\b(?:test|bench)\/[\w/.-]+\.ts\b/g)].map(([file]) => file);
    assert.deepEqual(
      files.filter((file) => !existsSync(join(PROJECT, file))),
      [],
    );
    assert.deepEqual(
      Object.keys(MUTANTS).filter((name) => !page.includes(name)),
      [],
    );
  });

  test('a server that wants a new connection is given one, and what is under way on the old one goes on', async () => {
    const sessions: http2.ServerHttp2Session[] = [];
    const polls: http2.ServerHttp2Stream[] = [];
    const server = http2.createServer();
    server.on('session', (session) => sessions.push(session));
    server.on('stream', (stream, headers) => {
      if (headers[':path'] === '/poll') polls.push(stream);
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new TemporalProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined);
    await proxy.open();
    const client = http2.connect(`http://127.0.0.1:${proxy.wire.port}`);
    const ask = (path: string) =>
      new Promise<number | undefined>((resolve) => {
        const stream = client.request({ ':path': path, ':method': 'POST' });
        stream.on('response', (answer) => resolve(answer[':status'])).on('close', () => resolve(undefined));
        stream.resume().end('x');
      });
    const poll = ask('/poll');
    while (polls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sessions[0]?.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await ask('/heartbeat'), 200);
    polls[0]?.respond({ ':status': 200 }, { endStream: true });
    assert.equal(await poll, 200);
    assert.equal(sessions.length, 2);
    client.destroy();
    await proxy.close();
    server.close();
  });

  test('a connection can fall silent, be reset, and be well again', async () => {
    const server = http.createServer((_, answer) => answer.end('well')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const wire = new Wire();
    await wire.open((server.address() as AddressInfo).port);
    const ask = () => fetch(`http://127.0.0.1:${wire.port}`);
    assert.equal(await (await ask()).text(), 'well');

    wire.partition();
    let answered = false;
    const silent = ask().then(
      () => (answered = true),
      (error: unknown) => error,
    );
    const other = net.connect(wire.port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => other.once('connect', resolve));
    assert.equal(answered, false);
    wire.heal();
    assert.ok((await silent) instanceof Error, 'what was silent is broken in the end');
    assert.equal(await (await ask()).text(), 'well');
    other.destroy();
    await wire.close();
    server.close();
    server.closeAllConnections();
  });
});
