/** Texts made short. Pure; the workflow sandbox loads it too. */

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Cut in the middle: what decides stands at the end of a message, and where it happened at its beginning. */
export function shortened(text: string, most: number): string {
  const third = Math.floor(most / 3);
  return text.length > most ? `${text.slice(0, third).trimEnd()} … ${text.slice(-2 * third).trimStart()}` : text;
}
