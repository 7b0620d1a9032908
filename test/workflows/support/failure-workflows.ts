import { ApplicationFailure, CancellationScope, sleep } from '@temporalio/workflow';
import { dag, type Task } from '../../../src/workflows/dag/index.ts';
import { failing, runPod } from './stub-pod.ts';

type Body = (task: Task) => unknown;
const never = () => undefined;

/** Bodies by the name of the law they show. */
const BODIES = {
  nobodyAwaits: (task) => {
    task('bad', () => runPod(failing()));
  },
  bodyCatches: async (task) => {
    await task('bad', () => runPod(failing())).catch(() => 'saved');
    return 'went on';
  },
  bodyDerivesOnly: (task) => {
    void task('bad', () => runPod(failing())).then((result) => result.output);
  },
  bodyPassesThroughFinally: (task) => {
    void task('bad', () => runPod(failing())).finally(never);
  },
  combinedButNeverAwaited: (task) => {
    void Promise.all([task('bad', () => runPod(failing()))]);
  },
  oneOfTwoHearersFails: (task) => {
    const bad = task('bad', () => runPod(failing()));
    task('catches', () => bad.catch(never));
    task('passes-on', async () => void (await bad));
  },
  survivedInTurn: async (task) => {
    const bad = task('bad', () => runPod(failing()));
    const middle = task('middle', async () => void (await bad));
    return task('good', async () => (await Promise.allSettled([middle])).map((result) => result.status));
  },
  rethrownWrapped: (task) => {
    const bad = task('bad', () => runPod(failing()));
    task('wraps', () =>
      bad.catch((cause: unknown) => {
        throw ApplicationFailure.create({ message: 'no sauce without tomatoes', cause: cause as Error });
      }),
    );
  },
  swallowedByAll: async (task) => {
    const first = task('first', () => runPod(failing('one')));
    const second = task('second', () => runPod(failing('two', 60)));
    await task('join', async () => void (await Promise.all([first, second])));
  },
  allOfAnyFail: async (task) => {
    const first = task('first', () => runPod(failing('one')));
    const second = task('second', () => runPod(failing('two')));
    await task('either', async () => void (await Promise.any([first, second])));
  },
  independentGoesOn: async (task) => {
    const bad = task('bad', () => runPod(failing()));
    const slow = task('slow', () => runPod({ ms: 100 }));
    task('after-slow', async () => runPod({ output: (await slow).output }));
    await bad;
  },
  startNowAwaitLater: async (task) => {
    const bad = task('bad', () => runPod(failing()));
    const both = Promise.all([bad]);
    const derived = bad.then((result) => result.output);
    await task('slow', () => runPod({ ms: 150 }));
    await both;
    await derived;
  },
  bodyThrowsItsOwn: async (task) => {
    task('good', () => runPod({ ms: 50 }));
    throw ApplicationFailure.nonRetryable('no orders today', 'NoOrders');
  },
  bodyThrowsPlainError: () => {
    throw new TypeError('undefined is not a function');
  },
  bodyWrapsItsOwn: async (task) => {
    await task('bad', () => runPod(failing())).catch((cause: unknown) => {
      throw ApplicationFailure.create({ message: 'nightly sales', type: 'Nightly', cause: cause as Error });
    });
  },
  plainErrorInTask: async (task) => {
    await task('buggy', () => {
      throw new TypeError('undefined is not a function');
    });
  },
  primitiveThrown: async (task) => {
    await task('rude', () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'just a string';
    });
  },
  cancelledByItsOwnCode: (task) => {
    task('impatient', () => CancellationScope.withTimeout(50, () => runPod({ ms: 5_000 })));
  },
  lateTaskFails: (task) => {
    task('spawner', async () => {
      task('late', async () => {
        await sleep(50);
        return runPod(failing('late and broken'));
      });
    });
  },
} satisfies Record<string, Body>;

export type FailureCase = keyof typeof BODIES;

export const failureCase = (name: FailureCase): Promise<unknown> => dag<unknown>(BODIES[name]);

/** One fails while one runs, and more are to come. The body catches the failure. */
export async function onFailureCase(input: { onFailure: 'stop' | 'cancel'; mayFail?: boolean }): Promise<void> {
  await dag(
    async (task) => {
      const bad = task('bad', () => runPod(failing()), { mayFail: input.mayFail ?? false });
      task('running', () => runPod({ ms: 1_500 }));
      await bad.catch(() => undefined);
      const later = task('later', () => runPod());
      task('after-later', async () => void (await later));
    },
    { onFailure: input.onFailure },
  );
}
