/** Callbacks have limits: of time, and of what they can put into a history. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Callbacks } from '../../src/activities/callbacks.ts';
import type { CallbackLine, PodCallbacks, PodEnd } from '../../src/contract/index.ts';

const nothing = () => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
const context = { task: 'orders', try: 1, workflowId: 'sales', runId: 'run-1', activityId: 'orders-1' };
const line: CallbackLine = { container: 'base', timestamp: '2026-01-01T00:00:00.000000000Z', text: 'hello' };
const end = { outcome: { kind: 'Succeeded' } } as PodEnd;
const never = () => new Promise<void>(() => undefined);

/** As an activity has them, but with little patience. */
function withCallbacks<T>(
  registry: Record<string, PodCallbacks>,
  work: (callbacks: Callbacks) => T | Promise<T>,
): Promise<T> {
  const environment = new MockActivityEnvironment({}, { logger: silent });
  return environment.run<[], T, () => Promise<T>>(async () =>
    work(new Callbacks(registry, Object.keys(registry), context, { limits: { create: 20, other: 20 } })),
  );
}

suite('a callback that says nothing', () => {
  test('formatLine without a text: a problem, and the line is shown as it came', async () => {
    const formatLine = (() => undefined) as unknown as () => string;
    const [shown, problems] = await withCallbacks({ mute: { formatLine } }, (callbacks) => [
      callbacks.formatLine(line),
      callbacks.problems,
    ]);
    assert.equal(shown, 'hello');
    assert.deepEqual(problems, ['callback mute.formatLine: must return text, returned undefined']);
  });
});

suite('a callback that never ends', () => {
  for (const moment of ['onStart', 'onEnd'] as const)
    test(`${moment}: is left behind, told, and the next one is called`, async () => {
      let called = false;
      const problems = await withCallbacks(
        { slow: { [moment]: never }, next: { [moment]: () => void (called = true) } },
        async (callbacks) => {
          await (moment === 'onStart' ? callbacks.onStart({}) : callbacks.onEnd(end));
          return callbacks.problems;
        },
      );
      assert.deepEqual(problems, [
        `callback slow.${moment}: it did not end within 0.02 s, and is not waited for any longer`,
      ]);
      assert.ok(called);
    });

  test('beforeCreate: refuses the pod', async () => {
    await assert.rejects(
      withCallbacks({ slow: { beforeCreate: never } }, (callbacks) => callbacks.beforeCreate({})),
      { type: 'CallbackFailed', message: /slow\.beforeCreate refuses the pod: it did not end within 0\.02 s/ },
    );
  });

  test('beforeCreate: what it does to the manifest afterwards is too late', async () => {
    let late!: () => void;
    const made = await withCallbacks(
      {
        mine: {
          beforeCreate: (manifest) => {
            late = () => (manifest.kind = 'Secret');
          },
        },
      },
      (callbacks) => callbacks.beforeCreate({ kind: 'Pod' }),
    );
    late();
    assert.equal(made.kind, 'Pod');
  });
});

suite('problems', () => {
  test('are at most five, of 200 characters each', async () => {
    const bad: PodCallbacks = {
      onEnd: () => {
        throw new Error('x'.repeat(1000));
      },
    };
    const names = Array.from({ length: 7 }, (_, n) => [`bad-${n}`, bad] as const);
    const problems = await withCallbacks(Object.fromEntries(names), async (callbacks) => {
      await callbacks.onEnd(end);
      return callbacks.problems;
    });
    assert.deepEqual(
      problems.map(({ length }) => length),
      [200, 200, 200, 200, 200],
    );
  });

  test('of a hundred thousand lines are one, with how often there was one', async () => {
    let n = 0;
    const bad: PodCallbacks = {
      onLogLine: () => {
        throw new Error(`line ${++n} ${'x'.repeat(1000)}`);
      },
    };
    const problems = await withCallbacks({ bad }, (callbacks) => {
      for (let i = 0; i < 100_000; i++) callbacks.onLogLine(line);
      return callbacks.problems;
    });
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^callback bad\.onLogLine: line 1 x+… \(100000 times\)$/);
    assert.equal(problems[0]?.length, 200);
  });

  test('of whatever may be thrown have words', async () => {
    const hostile = {
      toJSON() {
        throw new Error('no');
      },
    };
    const rows: [thrown: unknown, says: string][] = [
      [undefined, 'undefined was thrown, which says nothing'],
      ['text', 'text'],
      [{ code: 7 }, '{"code":7}'],
      [new TypeError(), 'TypeError'],
      [hostile, 'something was thrown that cannot be shown'],
    ];
    for (const [thrown, says] of rows) {
      const onEnd = () => {
        throw thrown;
      };
      const problems = await withCallbacks({ bad: { onEnd } }, async (callbacks) => {
        await callbacks.onEnd(end);
        return callbacks.problems;
      });
      assert.deepEqual(problems, [`callback bad.onEnd: ${says}`]);
    }
  });
});

suite('the line for the worker’s own log', () => {
  test('goes from one formatter to the next', async () => {
    const text = await withCallbacks(
      { a: { formatLine: ({ text }) => `[${text}]` }, b: { formatLine: ({ text }) => `${text}!` } },
      (callbacks) => callbacks.formatLine(line),
    );
    assert.equal(text, '[hello]!');
  });

  test('is as it came when a formatter gives no text', async () => {
    const [text, problems] = await withCallbacks({ a: { formatLine: (() => 3) as never } }, (callbacks) => [
      callbacks.formatLine(line),
      callbacks.problems,
    ]);
    assert.equal(text, 'hello');
    assert.deepEqual(problems, ['callback a.formatLine: must return text, returned number']);
  });
});

test('a line that one callback changes is as it came for the next one', async () => {
  const heard: string[] = [];
  const registry: Record<string, PodCallbacks> = {
    vandal: { onLogLine: (given) => void (given.text = 'mine') },
    reader: { onLogLine: ({ text }) => void heard.push(text) },
  };
  await withCallbacks(registry, (callbacks) => callbacks.onLogLine(line));
  assert.deepEqual([heard, line.text], [['hello'], 'hello']);
});
