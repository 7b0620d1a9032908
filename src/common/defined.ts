/** With `undefined` for what is not there. */
export type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** Leaves out what is undefined, so that records and failures stay small and compare well. */
export const defined = <T extends object>(value: Loose<T>): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
