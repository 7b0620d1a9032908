/** The words of whatever was thrown: code may throw anything, also what cannot be made a text. */
export function messageOf(error: unknown): string {
  try {
    if (isNothing(error)) return `${String(error)} was thrown, which says nothing`;
    if (error instanceof Error) return error.message || error.name;
    return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
  } catch {
    return 'something was thrown that cannot be shown';
  }
}

const isNothing = (error: unknown): boolean => error === undefined || error === null;
