/** The names in front of log lines, one under the other. Pure. */

/** A longer name moves its own lines only. */
const WIDEST = 32;

/** Of a name: the name as wide as the widest so far, and its number in the order of appearance. */
export function labels(): (name: string) => { text: string; index: number } {
  const known = new Map<string, number>();
  let width = 0;
  return (name) => {
    if (!known.has(name)) {
      known.set(name, known.size);
      if (name.length <= WIDEST) width = Math.max(width, name.length);
    }
    return { text: name.padEnd(width), index: known.get(name) ?? 0 };
  };
}

/** The main container speaks for its task; any other one says its own name too. */
export const labelOf = ({ task, main }: { task: string; main: string }, container: string): string =>
  container === main ? task : `${task}/${container}`;
