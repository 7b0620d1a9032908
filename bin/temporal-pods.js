#!/usr/bin/env node
// The installed name. Plain JavaScript, since any Node may start it. What it starts is the TypeScript of a checkout as it is, or what
// the package has in its place. A Node that is too old hands over to the one that a checkout on Linux has (local/node).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST = 24;
/** Symbolic links are followed: of `npm link` and `npm install -g <folder>` this is the folder itself. */
const root = new URL('..', import.meta.url);

/** The package has the sources too, for the maps; what it does not have is how they are compiled. */
const isCheckout = existsSync(new URL('tsconfig.json', root));

if (major() >= LEAST) {
  await import(isCheckout ? '../src/client.ts' : '../dist/client.js');
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
    console.error(`temporal-pods: needs Node ${LEAST} or newer, and this is ${process.version}`);
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
