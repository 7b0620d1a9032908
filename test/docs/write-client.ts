/** `npm run docs`: writes the help of every command into docs/client.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { BEGINS, clientReference } from './client-reference.ts';

const page = new URL('../../docs/client.md', import.meta.url);
const [text = ''] = readFileSync(page, 'utf8').split(BEGINS);
writeFileSync(page, `${text}${BEGINS}\n\n${await clientReference()}`);
