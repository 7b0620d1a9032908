/** Why a module of workflows does not load or bundle, in words that say where, and what to do instead. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../common/message-of.ts';

/** Of what Node threw when it loaded the module, or one that it imports. */
export function whyNotLoaded(error: unknown): string {
  const message = messageOf(error);
  const place = placeOf(error);
  const at = place === undefined || message.includes(place.replace(/(:\d+)+$/, '')) ? '' : ` (${place})`;
  const todo = TODO[String((error as { code?: unknown } | undefined)?.code)]?.(message) ?? '';
  return `${message}${at}${todo}`;
}

const TODO: Record<string, (message: string) => string> = {
  ERR_MODULE_NOT_FOUND: (message) =>
    message.startsWith('Cannot find package')
      ? '\n  a package has to be installed, and in the dependencies of the package.json beside it'
      : '\n  an import names its file with the ending that it has: ./day.ts',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: () =>
    '\n  Node runs TypeScript by taking its types away: enum, namespace and parameter properties are more than types ' +
    '(`erasableSyntaxOnly` in tsconfig.json finds them)',
};

/** `file:line`: of code that cannot be read it stands in front of the stack, of code that threw it is the first frame of its own. */
function placeOf(error: unknown): string | undefined {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  for (const line of lines) {
    const [, file] = /(?:^|\(|at (?:async )?)(?:file:\/\/)?(\/[^()]*?:\d+)(?::\d+)?\)?$/.exec(line) ?? [];
    if (file !== undefined && !file.includes('/node_modules/')) return file;
  }
  return undefined;
}

/** Of an import that the sandbox does not have. @param issuer the file that has it */
export function refusedImport(request: string, issuer: string | undefined): string {
  const name = request.replace(/^node:/, '').split('/', 1)[0] ?? '';
  const instead = INSTEAD.find(([names]) => names.includes(name))?.[1];
  return `'${request}' is imported by ${issuer}${lineOf(request, issuer)}${instead ? `\n    instead: ${instead}` : ''}`;
}

const INSTEAD: readonly (readonly [names: readonly string[], instead: string])[] = [
  [['fs'], 'a pod reads the file, or the run is given its text: `run <workflow> <parameter>=@<file>`'],
  [['crypto'], '`uuid4()` of @temporalio/workflow, or Math.random(), which is replayed as it was'],
  [['timers'], '`sleep()` of @temporalio/workflow, or setTimeout, which need no import'],
  [['child_process', 'worker_threads', 'cluster'], 'a pod runs the program: runPod({ image, command })'],
  [['http', 'https', 'http2', 'net', 'tls', 'dns'], 'a pod or an activity asks the network'],
  [['os', 'process'], 'a parameter of the workflow'],
];

function lineOf(request: string, issuer: string | undefined): string {
  try {
    const lines = readFileSync(issuer ?? '', 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes(`'${request}'`) || line.includes(`"${request}"`));
    return at === -1 ? '' : `:${at + 1}`;
  } catch {
    return '';
  }
}

/**
 * Workflow code and what runs it must be of one SDK: what the one version writes into a history, the other may not read. Copies of the
 * same version, as an installed worker and a project have them, share their state and know each other's failures.
 *
 * @param files paths that a bundle was made of
 * @returns undefined when all copies are of one version
 */
export function twoSdks(files: Iterable<string>): string | undefined {
  const copies = new Map<string, string>();
  for (const folder of new Set([...files].flatMap((file) => /^.*\/@temporalio\/workflow(?=\/)/.exec(file) ?? []))) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
      copies.set(realpathSync(folder), String(version));
    } catch {
      // Looked for in vain.
    }
  }
  if (new Set(copies.values()).size < 2) return undefined;
  const found = [...copies].map(([folder, version]) => `\n  ${version} in ${folder}`).join('');
  return `there are ${copies.size} copies of @temporalio/workflow:${found}\n  workflow code and temporal-pods need the same one: let package.json name one version of @temporalio/*, then \`npm dedupe\``;
}
