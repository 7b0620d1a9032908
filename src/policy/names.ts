/** Names against globs: `*` stands for any characters; an entry with `!` refuses what the others allow. */

export function didMatch(name: string, globs: readonly string[]): boolean {
  const refuses = (glob: string) => glob.startsWith('!');
  return (
    globs.some((glob) => !refuses(glob) && matches(name, glob)) &&
    !globs.some((glob) => refuses(glob) && matches(name, glob.slice(1)))
  );
}

/** In linear time: both the glob and the name may be anybody's. */
function matches(name: string, glob: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return name === glob;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
