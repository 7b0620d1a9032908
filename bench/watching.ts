/** The bench's side of the observer. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ObservedPod } from './observed.ts';
import type { Answer, Question } from './observer.ts';
import type { Subject, Told } from './subject.ts';

export interface Watching {
  podsSince(time: number): Promise<ObservedPod[]>;
  /** Waits until so many pods that were added since then are so, at most `withinMs`. */
  until(are: 'running' | 'gone', since: number, pods: number, withinMs: number): Promise<ObservedPod[]>;
  readonly floor: Subject;
  close(): Promise<void>;
}

type Asked<Q> = Q extends unknown ? Omit<Q, 'id'> : never;

export async function startObserver(where: { kubeconfig: string; context: string; namespace: string }) {
  const program = fileURLToPath(new URL('./observer.ts', import.meta.url));
  const child = fork(program, [where.kubeconfig, where.context, where.namespace]);
  const ended = once(child, 'exit');
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.resolve(answer));
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the observer has ended'));
  });
  let last = 0;
  const ask = async (question: Asked<Question>): Promise<Answer> => {
    const id = ++last;
    const answered = Promise.withResolvers<Answer>();
    waiting.set(id, answered);
    child.send({ ...question, id });
    const answer = await answered.promise;
    waiting.delete(id);
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  };
  const pods = async (question: Asked<Question>) => ((await ask(question)) as { pods: ObservedPod[] }).pods;
  const close = async () => {
    if (child.connected) child.disconnect();
    await ended;
  };
  const watching: Watching = {
    podsSince: (since) => pods({ ask: 'pods', since }),
    until: (are, since, count, withinMs) => pods({ ask: 'until', are, since, pods: count, withinMs }),
    floor: {
      run: async (work) => ((await ask({ ask: 'run', work })) as { told: Told }).told,
      close: async () => undefined,
    },
    close,
  };
  await ask({ ask: 'ready' }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return watching;
}
