/** Apart from the other formats: what reads and writes YAML takes a while to load, and one command writes it. */
import { stringify } from 'yaml';
import { sanitise } from '../../logs/sanitise.ts';
import { createOutput, type Output } from './output.ts';

/** For a result that is a manifest: YAML on stdout, as kubectl reads it, and everything else on stderr. */
export function yamlOutput(): Output {
  return {
    ...createOutput('json'),
    // Long texts stay on their line: folded ones are hard to compare.
    result: (value) => void process.stdout.write(stringify(value, { lineWidth: 0 })),
    failure: (text) => void process.stderr.write(`${sanitise(text)}\n`),
  };
}
