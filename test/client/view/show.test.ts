/** What `show` shows, without a Temporal. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { suite, test } from 'node:test';
import type { RunGraph, RunNode } from '../../../src/client/history/run-graph.ts';
import { lineText, TerminalFrame } from '../../../src/client/terminal/lines.ts';
import { remainingMs } from '../../../src/client/view/estimate.ts';
import { taskLines, taskNews } from '../../../src/client/view/task-lines.ts';
import { footLines, headLines, type RunView, statusLines, viewOf } from '../../../src/client/view/view.ts';
import { watchRun } from '../../../src/client/view/watching.ts';
import type { TaskState } from '../../../src/contract/index.ts';
import { historyOf } from '../recorded.ts';

/** `a b>c` is: c waits for b; `a:held` is held. The others are done. */
function graphOf(text: string, more: Record<string, Partial<RunNode>> = {}): RunGraph {
  const nodes = new Map<string, RunNode>();
  const edges: RunGraph['edges'] = [];
  const nodeOf = (word = '') => {
    const [name = '', state] = word.split(':');
    const known = nodes.get(name) ?? { name, state: 'done' as TaskState, tries: 1, pods: [`${name}-1`] };
    nodes.set(name, { ...known, ...(state && { state: state as TaskState }), ...more[name] });
    return name;
  };
  for (const word of text.split(' ')) {
    const [from, to] = word.split('>');
    if (to === undefined) nodeOf(from);
    else edges.push([nodeOf(from), nodeOf(to), 'data']);
  }
  return { nodes: [...nodes.values()], edges, pods: [], from: 'worker' };
}

const tree = (graph: RunGraph, most?: number) => taskLines(graph, 0, most).map((line) => lineText(line, {}));
/** Only the names. */
const shape = (text: string) => tree(graphOf(text)).map((line) => line.replace(/ {2,}done.*/, ''));

suite('the tree', () => {
  test('under a task stand those that wait for it', () => {
    assert.deepEqual(shape('a a>b b>c a>d'), ['✓ a', '├ ✓ b', '│ └ ✓ c', '└ ✓ d']);
  });
  test('one with several sources stands once, under the deepest, and names the others', () => {
    assert.deepEqual(tree(graphOf('a b>c a>d c>d')), [
      '✓ a      done',
      '✓ b      done',
      '└ ✓ c    done',
      '  └ ✓ d  done  also after a',
    ]);
  });
  test('two that are equally deep: the later one', () => {
    assert.deepEqual(shape('a b a>c b>c').slice(1), ['✓ b', '└ ✓ c']);
  });
  test('a task that another one created stands under it, unless it waits for something else', () => {
    const graph = graphOf('a b c a>c', { b: { parent: 'a' }, c: { parent: 'b' } });
    assert.deepEqual(
      tree(graph).map((line) => line.trimEnd().split('  ')[0]),
      ['✓ a', '├ ✓ b', '└ ✓ c'],
    );
  });
  test('a task whose log is not whole says so, and why', () => {
    const logs = { uri: 'file:///l', lines: 0, bytes: 0, gaps: 1, unstored: true as const, tail: '' };
    const pod = { activityId: 'a-1', task: 'a', main: 'base', try: 1, after: [], scheduledAt: 0 };
    const graph = { ...graphOf('a:cancelled'), pods: [{ ...pod, end: { how: 'cancelled' as const, logs } }] };
    assert.match(tree(graph)[0] ?? '', /cancelled +.*its log has a gap \(the storage refused it\)/);
  });
  test('the body is no task', () => {
    assert.deepEqual(shape('(body) a a>(body)'), ['✓ a']);
  });
  test('a cycle is drawn all the same', () => {
    assert.equal(shape('a>b b>a').length, 2);
  });
  test('a long chain keeps its names on the screen', () => {
    const chain = Array.from({ length: 40 }, (_, at) => `t${at}>t${at + 1}`).join(' ');
    assert.ok(shape(chain).every((line) => line.length < 45));
  });
  test('of too many tasks the most interesting ones are there, and how many more', () => {
    assert.deepEqual(
      tree(graphOf('a a>b:failed b>c:held c>d:waiting'), 3).map((line) => line.trimEnd().split('  ')[0]),
      ['‖ c', '✗ b', '… and 2 more: 1 done, 1 waiting'],
    );
  });
});

suite('the line of a task', () => {
  const line = (state: TaskState, more: Partial<RunNode>, pods: RunGraph['pods'] = [], now = 10_000) => {
    const graph = { ...graphOf(`a:${state}`, { a: more }), pods };
    return taskLines(graph, now).map((one) => lineText(one, {}))[0];
  };
  const podOf = (activityId: string) => ({ activityId, task: 'a', main: 'base', try: 1, after: [], scheduledAt: 0 });
  const lines: [law: string, got: string | undefined, text: string][] = [
    ['how long it took', line('done', { startedAt: 1000, endedAt: 4000 }), '✓ a  done  3 s'],
    ['how long it runs', line('running', { startedAt: 1000 }), '▶ a  running  9 s'],
    [
      'what its pod does',
      line('running', {}, [{ ...podOf('a-1'), now: 'running in x on n' }]),
      '▶ a  running  running in x on n',
    ],
    ['its tries', line('done', { tries: 2 }), '✓ a  done  2 pods'],
    ['the first line of its failure', line('failed', { error: 'OOMKilled: x\nto do' }), '✗ a  failed  OOMKilled: x'],
    ['not the failure of another', line('upstream', { error: 'x' }), '⊘ a  failed upstream'],
    ['no escape sequence of a pod', line('failed', { error: 'x\u001b[31my' }), '✗ a  failed  xy'],
    [
      'of a held one how long its pods took, and not how long it is held',
      line('held', { startedAt: 0, pods: ['a-1'] }, [{ ...podOf('a-1'), endedAt: 3000 }]),
      '‖ a  held  3 s',
    ],
    ['until when it is held', line('held', { heldUntil: 0 }), '‖ a  held until 1970-01-01T00:00:00Z'],
    [
      'what was changed',
      line('running', { changed: { env: {}, resources: {} } }),
      '▶ a  running  changed: env, resources',
    ],
    [
      'its next try',
      line('running', { pausing: { why: 'nextTry', until: 0 } }),
      '▶ a  running  the next try is at 1970-01-01T00:00:00Z',
    ],
    [
      'the items of a map',
      line('running', { mapped: { items: 9, done: 4, failed: 1, running: 4, chunks: [] } }),
      '▶ a  running  4 of 9 items done, 1 failed, 4 running',
    ],
    ['nothing of the time of an earlier run', line('reused', { startedAt: 0, endedAt: 9 }), '↺ a  reused'],
  ];
  for (const [law, got, text] of lines) test(law, () => assert.equal(got, text));

  test('several pods at once', () => {
    const pods = [podOf('a-1'), podOf('a-2')];
    assert.match(line('running', { pods: ['a-1', 'a-2'], tries: 2 }, pods) ?? '', /2 pods; 2 pods at once$/);
  });
  test('who sees one line after the other reads no time that only passes', () => {
    const keyAt = (now: number) => taskNews(graphOf('a:running', { a: { startedAt: 0 } }), now).get('a')?.key;
    assert.equal(keyAt(1000), keyAt(5000));
  });
});

suite('the whole picture', () => {
  const view: RunView = {
    workflow: 'nightly',
    workflowId: 'nightly-1',
    runId: 'r',
    status: 'running',
    startedMs: 0,
    args: [{ day: 'monday' }],
    graph: graphOf('a a>b:running b>c:held', { c: { heldUntil: 60_000 } }),
  };
  const text = (lines: ReturnType<typeof headLines>) => lines.map((line) => lineText(line, {})).join('\n');

  test('the head says what it is', () => {
    assert.equal(
      text(headLines({ ...view, url: 'http://x', rerunOf: { workflowId: 'nightly-0' } })),
      [
        'nightly nightly-1',
        '  started 1970-01-01T00:00:00Z',
        '  with {"day":"monday"}',
        '  a rerun of nightly-0',
        '  http://x',
      ].join('\n'),
    );
  });
  test('long arguments are shortened', () => {
    const [, , args = ''] = text(headLines({ ...view, args: ['x'.repeat(500)] })).split('\n');
    assert.ok(args.endsWith('…') && args.length < 120);
  });
  test('how it stands, and what is left', () => {
    assert.equal(
      text(statusLines({ ...view, leftMs: 240_000 }, 34_000)),
      'running for 34 s: 1 of 3 done, 1 running, 1 held; about 4 min left',
    );
    assert.equal(
      text(statusLines({ ...view, status: 'failed', closedMs: 5000 }, 0)),
      'failed after 5 s: 1 of 3 done, 1 running, 1 held',
    );
  });
  test('a held task: until when, and what to type', () => {
    assert.equal(
      text(footLines(view)),
      [
        '',
        'c waits for your decision, until 1970-01-01T00:01:00Z:',
        '  npm run client -- retry nightly-1 c',
        '  npm run client -- skip nightly-1 c',
        '  npm run client -- fail nightly-1 c',
        '  npm run client -- extend nightly-1 c --by 2h',
      ].join('\n'),
    );
  });
  test('an id that a shell would take apart is quoted', () => {
    assert.match(text(footLines({ ...view, workflowId: "it's $1" })), /retry 'it'\\''s \$1' c$/m);
  });
  test('a failed run shows its failure, and what helps', () => {
    const history = historyOf('histories/pod/failure.json');
    const run = {
      workflow: 'pod',
      workflowId: 'pod-1',
      runId: 'r',
      taskQueue: 'q',
      status: 'failed' as const,
      startedMs: 0,
    };
    const known = { history, graph: history.graph(), earlier: [], polled: true };
    const foot = text(footLines(viewOf({ run: { ...run, handle: undefined as never }, ...known }, 0)));
    assert.match(foot, /^failed: pod-1: 1 of 1 tasks failed: main$/m);
    assert.match(foot, /^ {4}pod \S+ on node localhost: ended with exit code 3/m);
    assert.match(foot, /what helps:\n {2}npm run client -- logs pod-1 main\n {2}npm run client -- rerun pod-1$/);
  });
});

suite('what is left', () => {
  const earlier = graphOf('a a>b b>c a>d', {
    a: { startedAt: 0, endedAt: 10_000 },
    b: { startedAt: 0, endedAt: 20_000 },
    c: { startedAt: 0, endedAt: 30_000 },
    d: { startedAt: 0, endedAt: 45_000 },
  });
  const left = (text: string, more: Record<string, Partial<RunNode>> = {}, runs = [earlier], now = 0) =>
    remainingMs(graphOf(text, more), runs, now);

  test('is the longest way', () =>
    assert.equal(left('a a>b:running b>c:waiting a>d', { b: { startedAt: 0 } }), 50_000));
  test('grows less while a task runs', () => {
    assert.equal(left('a a>b:running b>c:waiting a>d', { b: { startedAt: 0 } }, [earlier], 15_000), 35_000);
  });
  test('counts tasks that this run has not come to yet', () =>
    assert.equal(left('a:running', { a: { startedAt: 0 } }), 60_000));
  test('asks nothing of the body', () =>
    assert.equal(left('(body):waiting a:running', { a: { startedAt: 0 } }), 60_000));
  test('is the median of several runs', () => {
    const run = (ms: number) => graphOf('a', { a: { startedAt: 0, endedAt: ms } });
    assert.equal(left('a:running', { a: { startedAt: 0 } }, [run(1000), run(99_000), run(3000)]), 3000);
  });
  const silent: [why: string, left: number | undefined][] = [
    ['there is no earlier run', left('a:running', { a: { startedAt: 0 } }, [])],
    ['a task was in none', left('a z:waiting')],
    ['a task waits for a person', left('a:held a>b:waiting b>c:waiting a>d')],
    ['it takes longer than ever', left('a a>b b>c a>d:running', { d: { startedAt: 0 } }, [earlier], 99_000)],
  ];
  for (const [why, got] of silent) test(`is not told when ${why}`, () => assert.equal(got, undefined));
});

suite('on a terminal', () => {
  const terminal = () => {
    const written: string[] = [];
    return { written, isTTY: true, columns: 20, rows: 4, write: (text: string) => (written.push(text), true) };
  };
  const lines = (...texts: string[]) => texts.map((text) => [{ text }]);

  test('a line is cut at the edge, and says so; elsewhere it is whole', () => {
    const line = [{ text: '✓ 0123456789', colour: 'red' as const }, { text: '0123456789' }];
    const cut = lineText(line, { isTTY: true, columns: 20 });
    assert.equal(stripVTControlCharacters(cut), '✓ 01234567890123456…');
    assert.match(cut, /\u001b\[31m/);
    assert.equal(lineText(line, {}), '✓ 01234567890123456789');
  });
  test('a frame is drawn over the last one, and no higher than the terminal', () => {
    const screen = terminal();
    const frame = new TerminalFrame(screen);
    frame.draw(lines('a', 'b', 'c', 'd', 'e'));
    assert.equal(stripVTControlCharacters(screen.written.join('')).trim().split('\n').length, 3);
    frame.draw(lines('x'));
    assert.match(screen.written[1] ?? '', /\u001b\[3A\rx\u001b\[K\n\u001b\[J/);
  });
  test('the same frame is not drawn again', () => {
    const screen = terminal();
    const frame = new TerminalFrame(screen);
    frame.draw(lines('a'));
    frame.draw(lines('a'));
    assert.equal(screen.written.length, 1);
  });

  test('watching: the head once, the rest in place, and in the end all of it', async () => {
    const screen = { ...terminal(), columns: 80, rows: 24, on: () => screen, off: () => screen };
    const history = historyOf('histories/diamond/success.json');
    const run = {
      workflow: 'diamond',
      workflowId: 'diamond-1',
      runId: 'r',
      taskQueue: 'q',
      status: 'running' as const,
      startedMs: 0,
    };
    const graphs = [graphOf('a:running a>b:waiting'), graphOf('a a>b:running'), graphOf('a a>b')];
    let at = 0;
    const live = {
      get known() {
        const closed = at === graphs.length - 1 ? history.closed : undefined;
        const told = { args: [], isBegun: true, closed } as unknown as typeof history;
        return {
          run: { ...run, handle: undefined as never },
          history: told,
          graph: graphs[at]!,
          earlier: [],
          polled: true,
        };
      },
      async follow(_left: AbortSignal, { changed, say }: { changed: () => void; say: (text: string) => void }) {
        for (; at < graphs.length - 1; at++) changed();
        say('Temporal is away');
      },
    };
    const streams = { stdout: screen, stderr: screen } as unknown as typeof process;
    assert.equal(await watchRun(live, streams), 0);
    const text = stripVTControlCharacters(screen.written.join(''));
    assert.equal(text.split('diamond diamond-1').length, 2);
    assert.equal(text.split('▶ ').length, 4, 'twice by itself, and once below the word in between');
    assert.match(screen.written.join(''), /\u001b\[JTemporal is away\n/, 'which stands in no picture');
    assert.match(text, /completed in .*: 2 of 2 done\n\n✓ a +done\s*\n└ ✓ b +done\s*\n$/);
    assert.match(screen.written.join(''), /\u001b\[4A\r\u001b\[J/, 'the last picture is taken away');
  });
});
