/** A command as it is to be typed. */
import { clientCall } from '../common/program-name.ts';

export const callText = (...words: string[]): string => `${clientCall()} ${words.map(quoted).join(' ')}`;

/** For a POSIX shell. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
