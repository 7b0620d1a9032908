// Loaded by `--import`: at its end, the process tells on stderr which packages it has loaded.
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

const packages = new Set<string>();
registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
process.on('exit', () => writeSync(2, `\nloaded: ${[...packages].sort().join(' ')}\n`));
