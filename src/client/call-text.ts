/** A command as it is to be typed. Pure. */

export const callText = (...words: string[]): string => `npm run client -- ${words.map(quoted).join(' ')}`;

/** For a POSIX shell. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
