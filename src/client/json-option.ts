/** The value of an option that takes JSON, or the name of a file that holds it. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import { readYaml } from '../common/yaml.ts';

const FILE = /\.(ya?ml|json)$/i;

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
