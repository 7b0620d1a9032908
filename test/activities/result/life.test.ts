/** Results in the life of a pod: what comes back, what is recorded, and what an attempt that takes over makes of it. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PodSpec } from '../../../src/contract/index.ts';
import { COLLECT_NOW, COLLECTOR } from '../../../src/pod/collector.ts';
import { RECORD_BYTES } from '../../../src/activities/recorder.ts';
import { FRAME } from '../../../src/pod/collector.ts';
import type { FakePod } from '../../support/fake-cluster.ts';
import { failureOf, inWorld, linesOf, SPEC } from '../../support/pods.ts';
import { withSidecar } from '../support.ts';
import { framed } from './support.ts';

const from = (result: PodSpec['result'], more: Partial<PodSpec> = {}): PodSpec => ({
  ...SPEC,
  ...more,
  ...(result && { result }),
});
const FILE = { from: 'file', path: '/out/result.json' } as const;

/** Main container and collector run; the main one prints, and ends. */
function work(pod: FakePod, { lines = [] as string[], exitCode = 0, message = '' } = {}): void {
  pod.run(COLLECTOR);
  pod.run('base');
  for (const line of lines) pod.print(line);
  pod.finish({ container: 'base', exitCode, ...(message && { message }) });
}

/** What the collector does when it is stopped. */
function handOver(pod: FakePod, lines: string[], exitCode = 0): void {
  for (const line of lines) pod.print(line, { container: COLLECTOR });
  pod.finish({ container: COLLECTOR, exitCode });
}

suite('a result of each kind comes back', () => {
  const ways: [name: string, spec: PodSpec, script: (pod: FakePod) => void, output: unknown][] = [
    ['the termination message', SPEC, (pod) => work(pod, { message: '{"a":"é😀"}' }), { a: 'é😀' }],
    ['null', SPEC, (pod) => work(pod, { message: 'null' }), null],
    ['an empty text', SPEC, (pod) => work(pod, { message: '""' }), ''],
    [
      'a text as termination message, and nobody asked',
      SPEC,
      (pod) => work(pod, { message: 'done, 3 rows' }),
      undefined,
    ],
    ['no termination message: none', SPEC, (pod) => work(pod), undefined],
    ['a marked line', from({ from: 'log' }), (pod) => work(pod, { lines: ['::result::1', '::result::[2]', 'x'] }), [2]],
    ['a marked line, own marker', from({ from: 'log', marker: '>' }), (pod) => work(pod, { lines: ['>{}'] }), {}],
    ['no marked line, none required', from({ from: 'log', required: false }), (pod) => work(pod), undefined],
    ['a file', from(FILE), (pod) => (work(pod), handOver(pod, framed('{"a":"é😀"}\n'))), { a: 'é😀' }],
    [
      'no file, none required',
      from({ ...FILE, required: false }),
      (pod) => (work(pod), handOver(pod, [`${FRAME} missing`])),
      undefined,
    ],
  ];
  for (const [name, spec, script, output] of ways)
    test(
      name,
      inWorld(async ({ fake, attempt, temporal }) => {
        fake.script(script);
        const result = await attempt(spec).result;
        assert.equal(result.outcome, 'Succeeded');
        assert.deepEqual(result.output, output);
        assert.deepEqual(temporal.recorded?.ended?.output, output);
        assert.deepEqual(fake.left(), []);
      }),
    );

  test(
    'the collector’s log is no log of the pod',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => (work(pod, { lines: ['hello'] }), handOver(pod, framed('1'))));
      const result = await attempt(from(FILE)).result;
      assert.deepEqual(await linesOf(result), ['hello']);
      assert.equal(result.logs.lines, 1);
    }),
  );

  test(
    'a container that outlives the main one does not hold a file back: the collector is asked',
    inWorld(async ({ fake, attempt }) => {
      fake.script(async (pod) => {
        pod.run('proxy');
        work(pod);
        await fake.until(() => pod.pod.metadata?.annotations?.[COLLECT_NOW] !== undefined);
        for (const line of framed('[7]')) pod.print(line, { container: COLLECTOR });
      });
      const result = await attempt(from(FILE, { template: withSidecar })).result;
      assert.deepEqual(result.output, [7]);
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'one bad answer to the question to the collector does not lose the file',
    inWorld(async ({ fake, attempt }) => {
      fake.script(async (pod) => {
        pod.run('proxy');
        fake.plan('patch', { answer: 503, retryAfter: 0 });
        work(pod);
        await fake.until(() => fake.pod(pod.name).metadata?.annotations?.[COLLECT_NOW] !== undefined);
        for (const line of framed('1')) pod.print(line, { container: COLLECTOR });
        await pod.terminating;
        pod.finish({ container: COLLECTOR, exitCode: 0 });
        pod.finish({ container: 'proxy', exitCode: 0 });
      });
      assert.equal((await attempt(from(FILE, { template: withSidecar })).result).output, 1);
    }),
  );

  test(
    'the collector is left alone when every container has ended',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => (work(pod), handOver(pod, framed('1'))));
      await attempt(from(FILE)).result;
      assert.equal(
        fake.requests.filter(({ verb, body }) => verb === 'patch' && JSON.stringify(body).includes(COLLECT_NOW)).length,
        0,
      );
    }),
  );
});

suite('a container that fails after it has written a result', () => {
  const ways: [name: string, spec: PodSpec, script: (pod: FakePod) => void, output: unknown][] = [
    ['the termination message', SPEC, (pod) => work(pod, { message: '{"a":1}', exitCode: 3 }), { a: 1 }],
    ['a text, and none asked for', SPEC, (pod) => work(pod, { message: 'no such table', exitCode: 3 }), undefined],
    ['a marked line', from({ from: 'log' }), (pod) => work(pod, { lines: ['::result::[2]'], exitCode: 3 }), [2]],
    ['no marked line', from({ from: 'log' }), (pod) => work(pod, { exitCode: 3 }), undefined],
    ['a file', from(FILE), (pod) => (work(pod, { exitCode: 3 }), handOver(pod, framed('{"a":2}'))), { a: 2 }],
    [
      'one that does not fit the schema',
      from({ from: 'log', schema: { type: 'string' } }),
      (pod) => work(pod, { lines: ['::result::[2]'], exitCode: 3 }),
      [2],
    ],
    [
      'a long one',
      from({ from: 'log' }),
      (pod) => work(pod, { lines: [`::result::"${'x'.repeat(9000)}"`], exitCode: 3 }),
      'x'.repeat(9000),
    ],
  ];
  for (const [name, spec, script, output] of ways)
    test(
      `hands it over in the failure: ${name}`,
      inWorld(async ({ fake, attempt }) => {
        fake.script(script);
        const { error, details } = await failureOf(attempt(spec));
        assert.equal(error.type, 'ContainerFailed');
        assert.deepEqual(details.output, output);
      }),
    );
});

suite('a result that is not as it should be', () => {
  const faults: [name: string, spec: PodSpec, script: (pod: FakePod) => void, type: string, message: RegExp][] = [
    [
      'a message that is not JSON, where one was asked for',
      from({ from: 'terminationMessage' }),
      (pod) => work(pod, { message: 'done' }),
      'ResultInvalid',
      /it is not JSON; it begins with: done/,
    ],
    [
      'a message that was cut',
      SPEC,
      (pod) => work(pod, { message: `${'x'.repeat(4095)}"` }),
      'ResultTooLarge',
      /keeps 4096 bytes/,
    ],
    [
      'a required message',
      from({ from: 'terminationMessage', required: true }),
      (pod) => work(pod),
      'ResultMissing',
      /\/dev\/termination-log\) is empty/,
    ],
    [
      'no marked line',
      from({ from: 'log' }),
      (pod) => work(pod, { lines: ['a', 'b'] }),
      'ResultMissing',
      /none of the 2 lines/,
    ],
    [
      'no file',
      from(FILE),
      (pod) => (work(pod), handOver(pod, [`${FRAME} missing`])),
      'ResultMissing',
      /there is no file \/out\/result\.json/,
    ],
    [
      'a folder',
      from(FILE),
      (pod) => (work(pod), handOver(pod, [`${FRAME} irregular`])),
      'ResultInvalid',
      /is not a regular file/,
    ],
    [
      'a file that is too large',
      from(FILE),
      (pod) => (work(pod), handOver(pod, [`${FRAME} large 1048577`])),
      'ResultTooLarge',
      /1048577 bytes/,
    ],
    [
      'a file that is not JSON',
      from(FILE),
      (pod) => (work(pod), handOver(pod, framed('{'))),
      'ResultInvalid',
      /it is not JSON/,
    ],
    [
      'a collector that is killed',
      from(FILE),
      (pod) => (work(pod), handOver(pod, framed('1').slice(0, 1), 137)),
      'ResultMissing',
      /did not hand it over: it ended with exit code 137/,
    ],
    [
      'a collector that is killed, and no result is required: nobody knows',
      from({ ...FILE, required: false }),
      (pod) => (work(pod), handOver(pod, [], 137)),
      'ResultMissing',
      /unknown/,
    ],
    [
      'a collector that never ends',
      from(FILE, { timeouts: { drain: '1s' } }),
      (pod) => work(pod),
      'ResultMissing',
      /it has not ended/,
    ],
    [
      'a value that breaks the schema',
      from({ from: 'terminationMessage', schema: { type: 'object', properties: { rows: { type: 'number' } } } }),
      (pod) => work(pod, { message: '{"rows":"3"}' }),
      'ResultInvalid',
      /rows: must be of type number, got "3"/,
    ],
    [
      'no value where a schema is given',
      from({ from: 'terminationMessage', schema: { type: 'number' } }),
      (pod) => work(pod),
      'ResultMissing',
      /is empty/,
    ],
  ];
  for (const [name, spec, script, type, message] of faults)
    test(
      name,
      inWorld(async ({ fake, attempt }) => {
        fake.script(script);
        const { error, details } = await failureOf(attempt(spec));
        assert.equal(error.type, type);
        assert.match(details.message ?? '', message);
        assert.equal(details.exitCode, 0, 'it had ended well');
        assert.deepEqual(fake.left(), []);
      }),
    );

  test(
    'a skipped one has no result and needs none',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => work(pod, { lines: ['::result::1'], exitCode: 99 }));
      const result = await attempt(from({ from: 'log' }, { exitCodes: { skip: [99] } })).result;
      assert.equal(result.outcome, 'Skipped');
      assert.equal(result.output, undefined);
    }),
  );

  test(
    'a pod that somebody deletes before the file was read is told, not called a success',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => {
        work(pod);
        setImmediate(() => fake.remove(pod.name));
      });
      const { error } = await failureOf(attempt(from(FILE, { timeouts: { drain: '1s' } })));
      assert.ok(error.type === 'ResultMissing' || error.type === 'PodDeleted', error.type ?? '');
    }),
  );
});

suite('another attempt takes over', () => {
  const long = { text: 'é'.repeat(6000), by: [null, '', 1e20] };

  for (const [name, spec, script] of [
    ['a message', SPEC, (pod: FakePod) => work(pod, { message: '[1]' })],
    ['a marked line', from({ from: 'log' }), (pod: FakePod) => work(pod, { lines: ['::result::[1]'] })],
    ['a file', from(FILE), (pod: FakePod) => (work(pod), handOver(pod, framed('[1]')))],
  ] as const)
    test(
      `before the end was recorded: ${name} is read again, from the same pod`,
      inWorld(async ({ fake, attempt, temporal }) => {
        fake.script((pod) => pod.run('base'));
        const first = attempt(spec);
        await temporal.until(() => temporal.heartbeats.at(-1)?.phase === 'Running');
        first.end('workerShutdown');
        await assert.rejects(first.result);
        const [name = ''] = fake.left();
        const pod: FakePod = {
          name,
          uid: '',
          pod: fake.pod(name),
          terminating: Promise.resolve(),
          run: () => undefined,
          restart: async () => undefined,
          print: (line, { container = 'base' } = {}) => fake.print(name, container, line),
          finish: (ending) => fake.finish(name, ending),
          evict: () => undefined,
        };
        if (spec.result?.from === 'file') fake.run(name, COLLECTOR);
        script(pod);
        assert.deepEqual((await attempt(spec).result).output, [1]);
        assert.equal(fake.created.length, 1);
      }),
    );

  test(
    'while the file is waited for: the next one reads it',
    inWorld(async ({ fake, attempt, temporal }) => {
      fake.script((pod) => work(pod));
      const first = attempt(from(FILE));
      await fake.until(() => fake.pods.all().some(({ status }) => status?.phase === 'Succeeded'));
      first.end('workerShutdown');
      await assert.rejects(first.result);
      assert.equal(temporal.recorded?.ended, undefined);
      const [name = ''] = fake.left();
      for (const line of framed('[2]')) fake.print(name, COLLECTOR, line);
      fake.finish(name, { container: COLLECTOR, exitCode: 0 });
      assert.deepEqual((await attempt(from(FILE)).result).output, [2]);
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'after the end was recorded: a long result comes from its file, and the record stays small',
    inWorld(async ({ fake, attempt, temporal }) => {
      fake.script((pod) => (work(pod), handOver(pod, framed(JSON.stringify(long)))));
      assert.deepEqual((await attempt(from(FILE)).result).output, long);
      const recorded = temporal.recorded;
      assert.equal(recorded?.ended?.output, undefined);
      assert.ok(JSON.stringify(recorded).length < RECORD_BYTES);
      assert.deepEqual((await attempt(from(FILE)).result).output, long);
      assert.equal(fake.created.length, 1);
    }),
  );

  test(
    'on another machine, without the shared storage, while the pod is there: a long result is read from it again',
    inWorld(async ({ fake, attempt, temporal }) => {
      fake.script((pod) => (work(pod), handOver(pod, framed(JSON.stringify(long)))));
      fake.plan('delete', { answer: 503, retryAfter: 0 }, { times: 1_000 });
      const first = attempt(from(FILE));
      // It dies between the record and the deletion; its answer reaches nobody.
      temporal.onRecord(({ ended }) => void (ended && first.end('workerShutdown')));
      const { logs } = await first.result;
      assert.equal(fake.left().length, 1);
      temporal.onRecord(() => undefined);
      fake.calm();
      await rm(fileURLToPath(logs.uri), { recursive: true });
      assert.deepEqual((await attempt(from(FILE)).result).output, long);
      assert.deepEqual([fake.created.length, fake.left()], [1, []]);
    }),
  );

  test(
    'on another machine, without the shared storage: the work is done, its long result lost, and it is not done again',
    inWorld(async ({ fake, attempt, temporal }) => {
      fake.script((pod) => (work(pod), handOver(pod, framed(JSON.stringify(long)))));
      const { logs } = await attempt(from(FILE)).result;
      await rm(fileURLToPath(logs.uri), { recursive: true });
      const { error, details } = await failureOf(attempt(from(FILE)));
      assert.equal(error.type, 'ResultMissing');
      assert.match(
        details.message ?? '',
        /the work is done, but its result is not on this worker's storage.*result\.json/,
      );
      assert.equal(fake.created.length, 1);
      assert.equal(temporal.recorded?.ended?.outcome.kind, 'Succeeded');
    }),
  );
});

suite('what else is told of an end', () => {
  test(
    'a termination message that is all but JSON is among the problems of a success',
    inWorld(async ({ fake, attempt }) => {
      fake.script((pod) => work(pod, { message: '{"loss": NaN}' }));
      const { output, problems } = await attempt().result;
      assert.equal(output, undefined);
      assert.match(problems?.join() ?? '', /looks like JSON.*\{"loss": NaN\}/);
    }),
  );

  const eventful = (exitCode: number) => (fake: { event: (name: string, event: object) => void }) => (pod: FakePod) => {
    fake.event(pod.name, { reason: 'Pulled', message: 'the image was there' });
    work(pod, { exitCode });
  };
  for (const [events, exitCode, told] of [
    [undefined, 0, false],
    [undefined, 1, true],
    ['always', 0, true],
    ['always', 1, true],
    ['never', 0, false],
    ['never', 1, false],
  ] as const)
    test(
      `events: ${events ?? 'as by default'}, exit code ${exitCode}: ${told ? '' : 'not '}told`,
      inWorld(async ({ fake, attempt }) => {
        fake.script(eventful(exitCode)(fake as never));
        const running = attempt({ ...SPEC, ...(events && { events }) });
        const end = exitCode === 0 ? await running.result : (await failureOf(running)).details;
        assert.equal(end.events?.some(({ reason }) => reason === 'Pulled') ?? false, told);
      }),
    );

  test(
    'when it got its node',
    inWorld(async ({ fake, attempt }) => {
      const at = new Date('2026-11-22T10:00:00Z');
      fake.script((pod) => {
        pod.run();
        fake.edit(pod.name, ({ status }) => {
          if (status) status.conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }];
        });
        pod.finish({ exitCode: 0 });
      });
      assert.equal((await attempt().result).times.scheduled, at.toISOString());
    }),
  );

  test(
    'onEnd hears of the end, with its result, before it is recorded; what it throws is told and changes nothing',
    inWorld(async ({ fake, attempt, temporal, dependencies }) => {
      const heard: unknown[] = [];
      const callbacks = {
        books: {
          onEnd({ output }: { output?: unknown }) {
            heard.push(output, temporal.recorded?.ended);
            throw new Error('no ink');
          },
        },
      };
      Object.assign(dependencies, { callbacks });
      fake.script((pod) => work(pod, { message: '[1]' }));
      const result = await attempt({ ...SPEC, callbacks: ['books'] }).result;
      assert.deepEqual(heard, [[1], undefined]);
      assert.deepEqual(result.output, [1]);
      assert.match(result.problems?.join() ?? '', /books\.onEnd.*no ink/);
      assert.deepEqual(temporal.recorded?.ended?.problems, result.problems);
    }),
  );
});
