import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { milliseconds } from '../../src/common/duration.ts';
import * as defaults from '../../src/contract/defaults.ts';
import { deadlines } from '../../src/pod/deadlines.ts';
import { keptFor } from '../../src/pod/keeping.ts';

const root = new URL('../../', import.meta.url);
const { DEFAULT_TIMEOUTS: timeouts, DEFAULT_RETRIES: retries } = defaults;

/** `15 minutes`, `1 hour`, `60 s`. */
function words(length: string): string {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(length) ?? [];
  const name = { m: 'minute', h: 'hour', d: 'day' }[unit];
  return name ? `${count} ${name}${count === '1' ? '' : 's'}` : `${count} s`;
}

/** `24 h`, as the docs write it where there is little room. */
const short = (length: string) => length.replace(/^(\d+)/, '$1 ');

const mebibytes = `${defaults.MAX_RESULT_BYTES / 1024 ** 2} MiB`;
const kibibytes = `${defaults.DEFAULT_TAIL_BYTES / 1024} KiB`;

/** What must stand where. A value that is changed is then changed in what its readers are told, too. */
const TOLD: Record<string, string[]> = {
  'src/contract/spec.ts': [
    `decides the outcome. Default \`${defaults.DEFAULT_MAIN_CONTAINER}\`.`,
    `in whole seconds. Default ${words(defaults.DEFAULT_GRACE)}.`,
    `a kept pod is kept. Default ${words(defaults.DEFAULT_KEEP)}.`,
    `waiting for a quota counts. Default ${words(timeouts.schedule)}.`,
    `that run or ran does not count. Default ${words(timeouts.start)}.`,
    `that may pass. Default ${words(timeouts.imagePull)}.`,
    `from the task's scheduling. Default ${words(timeouts.total)},`,
    `may be silent. Default ${words(timeouts.nodeLost)}, never less than ${words(defaults.SHORTEST_NODE_LOST)}.`,
    `read at once. Default ${words(timeouts.drain)}, at most ${words(defaults.LONGEST_DRAIN)}.`,
    `the workflow's cleanup takes over. Default ${words(timeouts.terminate)}.`,
    `Before the second try. Default ${words(retries.delay)}.`,
    `from try to try. Default ${retries.factor}.`,
    `/** Default ${words(retries.maxDelay)}. */`,
    `in result and failure. Default ${defaults.DEFAULT_TAIL_BYTES},`,
    `More than ${mebibytes} is refused`,
    `Default marker \`${defaults.DEFAULT_MARKER}\``,
  ],
  'src/contract/outcome.ts': [`is kept for \`keepFor\` (${defaults.DEFAULT_KEEP})`],
  'src/policy/rules.ts': [`a pod runs as ${defaults.DEFAULT_USER} unless`],
  'docs/policy.md': [`less than its ${short(timeouts.total)}`],
  'docs/manifest.md': [`user ${defaults.DEFAULT_USER}`],
  'docs/results.md': [
    `a line that begins with \`${defaults.DEFAULT_MARKER}\``,
    `| ${mebibytes} `,
    `is it at most ${mebibytes}`,
    `(the default is ${defaults.DEFAULT_USER})`,
  ],
  'docs/endings.md': [
    `\`timeouts.imagePull\` (${words(timeouts.imagePull)})`,
    `timeouts.nodeLost (${timeouts.nodeLost})`,
  ],
  'ARCHITECTURE.md': [
    `${kibibytes} of tail`,
    `for \`keepFor\` (${short(defaults.DEFAULT_KEEP)})`,
    `a file (${mebibytes})`,
    `not root (${defaults.DEFAULT_USER})`,
  ],
};

suite('the defaults', () => {
  for (const [file, sentences] of Object.entries(TOLD))
    test(`${file} tells them as they are`, () => {
      const text = readFileSync(new URL(file, root), 'utf8').replace(/\s+(\* )?/g, ' ');
      const missing = sentences.filter((sentence) => !text.includes(sentence.replace(/\s+/g, ' ')));
      assert.deepEqual(missing, []);
    });

  test('stand in no other file', () => {
    const unmistakable = [
      `'${defaults.DEFAULT_MAIN_CONTAINER}'`,
      `'${timeouts.total}'`,
      `'${defaults.DEFAULT_MARKER}'`,
    ];
    const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => file !== 'src/contract/defaults.ts');
    const found = files.flatMap((file) => {
      const code = readFileSync(new URL(file, root), 'utf8').replace(/\/\*[^]*?\*\//g, '');
      return [...unmistakable, `${defaults.DEFAULT_USER}`]
        .filter((text) => code.includes(text))
        .map((text) => [file, text]);
    });
    assert.deepEqual(found, []);
  });

  test('agree with each other', () => {
    const { drain, nodeLost, total, schedule } = deadlines({}, 0);
    assert.ok(drain <= milliseconds(defaults.LONGEST_DRAIN));
    assert.ok(nodeLost >= milliseconds(defaults.SHORTEST_NODE_LOST));
    assert.ok(schedule <= total);
    // The hold begins after the keep was fixed: the longest hold must end before its pod goes.
    const kept = keptFor({ keepForDebug: defaults.LONGEST_DEBUG }, 'ContainerFailed') ?? 0;
    assert.ok(kept > milliseconds(defaults.LONGEST_DEBUG));
  });
});
