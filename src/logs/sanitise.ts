/** Escape sequences that are complete: colours and cursor movements (CSI), titles and links (OSC and its relatives), the rest. */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]+[0-~]/g;

/** Every other control character, and those that change the direction of text. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text that is safe to print on a terminal: escape sequences removed, other control characters made visible, tabs and
 * newlines kept. Bytes that are not UTF-8 become U+FFFD.
 */
export function sanitise(text: string | Uint8Array): string {
  const string = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
  return string
    .replace(/\r+\n/g, '\n')
    .replace(sequences, '')
    .replace(controls, (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      if (code === 0x7f) return '\u2421';
      return `\\u${code.toString(16).padStart(4, '0')}`;
    });
}
