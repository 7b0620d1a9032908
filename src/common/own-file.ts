import { extname } from 'node:path';

/**
 * A file of ours that is found by its path at run time: TypeScript in a checkout, the JavaScript that was made of it in the package.
 *
 * @param path relative to the one that asks, without its extension
 * @param importer `import.meta.url` of the one that asks
 */
export const ownFile = (path: string, importer: string): URL => new URL(path + extname(importer), importer);
