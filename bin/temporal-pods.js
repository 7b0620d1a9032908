#!/usr/bin/env node
// The installed name. Plain JavaScript, since any Node may start it; what it starts are the TypeScript files beside it, as they are.
// A Node that is too old for them hands over to the one that is pinned in package.json.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST = 24;
/** Symbolic links are followed: of `npm link` and `npm install -g <folder>` this is the folder itself. */
const root = new URL('..', import.meta.url);

if (major() >= LEAST) {
  if (root.pathname.includes('/node_modules/')) await import('./strip-types.js');
  await import('../src/client.ts');
} else {
  handOver(pinnedNode());
}

/** @returns {number} */
function major() {
  return Number(process.versions.node.split('.', 1)[0]);
}

function pinnedNode() {
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`)), 'bin', 'node');
  } catch {
    console.error(
      `temporal-pods: needs Node ${LEAST} or newer, and this is ${process.version} without the one of package.json`,
    );
    process.exit(2);
  }
}

/** @param {string} node */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(`temporal-pods: ${node} cannot be started: ${error.message}`);
    process.exitCode = 3;
  });
  // A terminal tells both of a Ctrl-C; what only this process hears, the other one shall hear too.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
  });
}
