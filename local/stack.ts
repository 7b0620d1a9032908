/** What a running stack offers, written by `up` and read by worker, client, tests, demo and benchmarks. */
import { rmSync } from 'node:fs';
import { readLocalStack, type LocalStack } from '../src/config/local-stack.ts';
import { writeJson } from './files.ts';
import { place } from './place.ts';

export type Stack = LocalStack;

export const readStack = (): Stack | undefined => readLocalStack(place().stackFile);

export const writeStack = (stack: Stack): void => writeJson(place().stackFile, stack);

export const forgetStack = (): void => rmSync(place().stackFile, { force: true });
