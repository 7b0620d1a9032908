import { dag } from '../dag/index.ts';
import { allOf, anotherNode, moreMemory } from '../next-try.ts';
import { runPod } from '../run-pod.ts';

/**
 * `retries`, and more memory with each of them: after `OOMKilled` the next try gets twice the limit, up to 2 GiB; after a failure
 * of the node it goes elsewhere. Airflow repeats the same pod on the same terms.
 */
export async function moreMemoryNextTry({ image = 'python:3.12-slim', megabytes = 100, limit = '64Mi' } = {}) {
  return dag(async (task) => {
    const fit = task('fit', () =>
      runPod(
        {
          image,
          command: ['python', '-c', `data = b'x' * (${megabytes} << 20); print('fitted', len(data))`],
          resources: { limits: { memory: limit } },
          retries: { count: 5, delay: '1s' },
        },
        { nextTry: allOf(moreMemory({ factor: 2, upTo: '2Gi' }), anotherNode()) },
      ),
    );
    return (await fit).logs.tail;
  });
}
