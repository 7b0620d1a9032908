/** Cut in the middle: what decides stands at the end of a message, and where it happened at its beginning. Pure. */
export function shortened(text: string, most: number): string {
  const third = Math.floor(most / 3);
  return text.length > most ? `${text.slice(0, third).trimEnd()} … ${text.slice(-2 * third).trimStart()}` : text;
}
