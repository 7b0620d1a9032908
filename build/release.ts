/** Whether what a tag names may be published: says what is in the way, and ends with 1. `node build/release.ts v1.2.3` */
import { readFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };

const [tag = ''] = process.argv.slice(2);
const changes = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
const { version } = manifest;

const faults = [
  ...(tag === `v${version}` ? [] : [`the tag is '${tag}', and package.json has version ${version}`]),
  ...(new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`, 'm').test(changes)
    ? []
    : [`CHANGELOG.md has no heading '## ${version} (<date>)'`]),
  ...('repository' in manifest ? [] : ['package.json names no `repository`, which the provenance is held against']),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
