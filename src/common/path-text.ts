/** A path, as it stands in a message. Where somebody gave a file's text for its name, that text is not shown: it may hold keys. */
export const pathText = (path: string): string =>
  /^[^\r\n]{0,250}$/.test(path) ? path : `(${path.length} characters, which are no path)`;
