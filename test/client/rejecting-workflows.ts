/** A module with a mistake: nothing waits for its promise. */
export const nothing = async (): Promise<void> => undefined;

void Promise.reject(new Error('left behind'));
