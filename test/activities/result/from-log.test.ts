import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileSegments } from '../../../src/logs/index.ts';
import { Splitter } from '../../../src/logs/record.ts';
import { fromLog } from '../../../src/activities/result/from-log.ts';
import { MAX_RESULT_BYTES } from '../../../src/contract/defaults.ts';

/** What is in a stored log: text as the container wrote it, or a gap. */
type Part = string | Buffer | { gap: string };

/** Stores the parts one after the other, each in a segment of its own when there are several `attempts`. */
async function stored(parts: Part[], { attempts = false, line = Infinity, piece = 1024 } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'results-'));
  const open = () => fileSegments(folder).openSegment('base', 0);
  let segment = await open();
  let second = 0;
  for (const part of parts) {
    if (attempts && second > 0) {
      await segment.close();
      segment = await open();
    }
    const time = `2026-11-22T10:00:${String(second++ % 60).padStart(2, '0')}.000000000Z `;
    if (typeof part === 'object' && 'gap' in part) await segment.addGap({ reason: 'rotated', message: part.gap });
    else {
      const splitter = new Splitter({ line, piece });
      await segment.append(splitter.push(Buffer.concat([Buffer.from(time), Buffer.from(part)])));
      await segment.append(splitter.end().pieces);
    }
  }
  await segment.close();
  return folder;
}

async function found(parts: Part[], options: Parameters<typeof stored>[1] & { marker?: string } = {}) {
  const folder = await stored(parts, options);
  try {
    return await fromLog(folder, 'base', options.marker);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const text = (value: string) => ({ found: 'text', text: value });

suite('a result in the log', () => {
  test('is what follows the marker on the last line that begins with it', async () => {
    assert.deepEqual(
      await found(['::result::1\n', 'between\n', '::result:: {"a":2}\n', 'after ::result::3\n']),
      text(' {"a":2}'),
    );
  });

  test('may be the last line without its newline', async () => {
    assert.deepEqual(await found(['x\n', '::result::"end"']), text('"end"'));
  });

  test('may have a marker of the author’s own', async () => {
    assert.deepEqual(await found(['::result::1\n', 'RESULT=7\n'], { marker: 'RESULT=' }), text('7'));
  });

  test('is put together from the pieces of a long line', async () => {
    const value = JSON.stringify('é'.repeat(5000));
    assert.deepEqual(await found([`::result::${value}\n`, 'more\n'], { piece: 100 }), text(value));
  });

  test('is found over the segments of several attempts', async () => {
    assert.deepEqual(await found(['a\n', '::result::1\n', 'b\n'], { attempts: true }), text('1'));
  });

  test('of 1 MiB passes; one byte more is told as too large, with its size', async () => {
    const most = await found([`::result::${'1'.repeat(MAX_RESULT_BYTES)}\n`]);
    assert.equal(most.found, 'text');
    const more = await found([`::result::${'1'.repeat(MAX_RESULT_BYTES + 1)}\n`]);
    assert.ok(more.found === 'trouble' && more.kind === 'ResultTooLarge', JSON.stringify(more).slice(0, 200));
    assert.match(more.message, /it has 1048577 bytes/);
  });

  test('a line without end keeps no more memory than the limit', async () => {
    const long = await found([`::result::${'x'.repeat(8 * MAX_RESULT_BYTES)}\n`, '::result::2\n']);
    assert.deepEqual(long, text('2'));
  });

  test('no such line: it left none', async () => {
    assert.deepEqual(await found(['a\n', ' ::result::1\n']), {
      found: 'nothing',
      where: 'none of the 2 lines of its log begins with "::result::"',
    });
    assert.equal((await found([])).found, 'nothing');
  });

  test('lines missing behind it: a later one may be lost, so nobody can tell', async () => {
    const after = await found(['::result::1\n', { gap: 'rotated away' }, 'x\n']);
    assert.ok(after.found === 'trouble' && after.kind === 'ResultMissing');
    assert.match(after.message, /lines are missing behind the last one.*rotated away.*It was: 1/);
    const none = await found(['x\n', { gap: 'rotated away' }, 'x\n']);
    assert.ok(none.found === 'trouble' && none.kind === 'ResultMissing');
  });

  test('lines missing only before it do not matter', async () => {
    assert.deepEqual(await found([{ gap: 'rotated away' }, '::result::1\n', 'x\n']), text('1'));
  });

  test('the first segments are on another worker’s storage: nobody can tell', async () => {
    const folder = await stored(['::result::1\n', 'x\n'], { attempts: true });
    await rename(join(folder, 'base.0.0001.log'), join(folder, 'lost'));
    const without = await fromLog(folder, 'base');
    assert.ok(without.found === 'trouble' && without.kind === 'ResultMissing', JSON.stringify(without));
    assert.match(without.message, /not on this worker's storage/);
    await rm(folder, { recursive: true });
  });

  test('bytes that are no text are invalid, not mended', async () => {
    const bytes = await found([Buffer.concat([Buffer.from('::result::"'), Buffer.from([0xff]), Buffer.from('"\n')])]);
    assert.ok(bytes.found === 'trouble' && bytes.kind === 'ResultInvalid');
  });

  test('a line that logs.maxLineBytes cut says so', async () => {
    const cut = await found([`::result::[${'1,'.repeat(100)}1]\n`], { line: 50 });
    assert.ok(cut.found === 'trouble' && cut.kind === 'ResultTooLarge', JSON.stringify(cut));
    assert.match(cut.message, /cut by logs\.maxLineBytes/);
  });

  test('a program may print the words that a cut line is shown with', async () => {
    const value = '"… [2 more bytes cut by logs.maxLineBytes]';
    assert.deepEqual(await found([`::result::${value}\n`]), text(value));
  });

  test('only the cut of the found line counts', async () => {
    const cutBefore = await found([`${'x'.repeat(100)}\n`, '::result::1\n', `${'y'.repeat(100)}\n`], { line: 50 });
    assert.deepEqual(cutBefore, text('1'));
  });
});
