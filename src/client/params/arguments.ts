/** The words behind a workflow's name: JSON, a YAML or JSON file, standard input, or `key=value`. */
import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../common/message-of.ts';
import { usage } from '../../common/problem.ts';
import { readYaml } from '../../common/yaml.ts';

/** A whole value, or one key of it. */
export type Word =
  | { readonly position: number; readonly value: unknown }
  | { readonly position: number; readonly key: string; readonly text: string };

const FILE = /\.(ya?ml|json)$/i;
const ASSIGNMENT = /^([A-Za-z_$][\w$-]*(?:\.[\w$-]+)*)=([^]*)$/;

/** @throws Problem (2) that names the argument, its position and the parser's complaint */
export function readWords(texts: readonly string[], readStdin: () => string = () => readFileSync(0, 'utf8')): Word[] {
  const again = texts.indexOf('-', texts.indexOf('-') + 1);
  if (texts.includes('-') && again !== -1)
    throw usage(`argument ${again + 1} is '-' again: standard input can be read only once`);
  return texts.map((text, index) => {
    const position = index + 1;
    if (text === '-') return { position, value: parseYaml(readStdin(), `argument ${position} (standard input)`) };
    const [, key, value] = ASSIGNMENT.exec(text) ?? [];
    if (key !== undefined && value !== undefined) return { position, key, text: textOf(value, position) };
    if (!FILE.test(text)) return { position, value: parseJson(text, position) };
    const content = readFile(text, position);
    return { position, value: parseYaml(content, `argument ${position} (${text})`) };
  });
}

/** `@name` is what the file of this name holds, but for one line end at its end. */
const textOf = (value: string, position: number) =>
  /^@./.test(value) ? readFile(value.slice(1), position).replace(/\r?\n$/, '') : value;

function parseJson(text: string, position: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
    throw usage(`argument ${position} is not JSON: ${messageOf(error)}\n  it is: ${shown}\n${hintFor(text)}`);
  }
}

/** What was most probably meant. */
function hintFor(text: string): string {
  if (/^[[{]/.test(text.trim())) return '  put single quotes around it, or the shell takes the double quotes away';
  return (
    `  a parameter is key=value, text as JSON has quotes of its own: '${JSON.stringify(text)}'; ` +
    `a file's name must end in .yaml, .yml or .json`
  );
}

function readFile(path: string, position: number): string {
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw usage(`argument ${position}: cannot read ${path}: ${absent ? 'there is no such file' : messageOf(error)}`);
  }
}

function parseYaml(text: string, from: string): unknown {
  try {
    return readYaml(text);
  } catch (error) {
    throw usage(`${from} ${messageOf(error)}`);
  }
}

/** @throws Problem (2) that names the option */
export function readJsonOption(option: string, text: string): unknown {
  if (!FILE.test(text)) return readJson(option, text);
  try {
    return readYaml(readFileSync(text, 'utf8'));
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw usage(`${option}: ${text} ${absent ? 'does not exist' : messageOf(error)}`);
  }
}

function readJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw usage(
      `${option} is not JSON: ${messageOf(error)}\n` +
        `  put single quotes around it; text needs its own quotes: '${JSON.stringify(text)}'; a file's name must end in .yaml, .yml or .json`,
    );
  }
}
