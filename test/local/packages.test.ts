import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { replaceable, tooOld } from '../../local/packages.ts';

suite('the programs that run as root', () => {
  let folder: string;
  let program: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tp-programs-'));
    program = join(folder, 'bin', 'runc');
    mkdirSync(join(folder, 'bin'), { mode: 0o755 });
    writeFileSync(program, '', { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The tests may run as anybody: all is root's, except where they say otherwise. */
  const asRoot =
    (others: Record<string, Partial<Stats>> = {}) =>
    (path: string): Stats =>
      Object.assign(statSync(path), { uid: 0, gid: 0 }, others[path]);

  test("are taken when they and every folder above them are root's alone", () => {
    assert.equal(replaceable(program, asRoot()), undefined);
  });

  test('are refused when others may write to them, or to their folder', () => {
    for (const [path, mode] of [
      [program, 0o757],
      [join(folder, 'bin'), 0o777],
    ] as const) {
      chmodSync(path, mode);
      assert.equal(replaceable(program, asRoot()), `${path} has mode ${mode.toString(8)}`);
      chmodSync(path, 0o755);
    }
  });

  test('are refused when they, or a folder above them, are those of another user', () => {
    for (const path of [program, folder])
      assert.equal(replaceable(program, asRoot({ [path]: { uid: 1000 } })), `${path} belongs to user 1000`);
  });

  test("may be written to by root's group, and by no other", () => {
    chmodSync(program, 0o775);
    assert.equal(replaceable(program, asRoot()), undefined);
    assert.equal(replaceable(program, asRoot({ [program]: { gid: 50 } })), `${program} has mode 775`);
  });

  test('may be links: the folder of the link counts, and what it leads to', () => {
    const link = join(folder, 'runc');
    symlinkSync(program, link);
    assert.equal(replaceable(link, asRoot()), undefined);
    assert.match(String(replaceable(link, asRoot({ [program]: { uid: 7 } }))), /belongs to user 7/);
    chmodSync(folder, 0o777);
    assert.equal(replaceable(link, asRoot()), `${folder} has mode 777`);
  });

  test('may be in a sticky folder: nobody replaces what is root’s there', () => {
    chmodSync(join(folder, 'bin'), 0o1777);
    assert.equal(replaceable(program, asRoot()), undefined);
  });

  test('are refused when they are older than what is still mended', () => {
    assert.equal(tooOld('runc', 'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\n'), undefined);
    assert.equal(tooOld('runc', 'runc version 1.0.0~rc93\n'), 'is 1.0.0~rc93, and too old: 1.1.5 is the least');
    const containerd = 'containerd github.com/containerd/containerd';
    assert.equal(tooOld('containerd', `${containerd} 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n`), undefined);
    assert.equal(tooOld('containerd', `${containerd}/v2 v2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376\n`), undefined);
    assert.equal(tooOld('containerd', `${containerd} 1.4.13 x`), 'is 1.4.13, and too old: 1.6.20 is the least');
  });

  test('are refused when they do not say what they are', () => {
    assert.equal(tooOld('runc', 'hello\n'), 'does not tell its version: hello');
  });
});
