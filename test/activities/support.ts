/** What the tests of the activity have in common beyond the world they run in. */
import { podManifest } from '../../src/pod/manifest.ts';
import type { PodKey } from '../../src/pod/identity.ts';
import type { FakeCluster, FakePod } from '../support/fake-cluster.ts';
import { SPEC, type World } from '../support/pods.ts';

/** The one activity of a world. */
export const KEY: PodKey = { temporalNamespaceId: 'ns-1', workflowId: 'sales', runId: 'run-1', activityId: 'orders-1' };

/** The pod that this activity creates. */
export const podOf = (key = KEY, spec = SPEC) =>
  podManifest(spec, { namespace: 'n', task: 'orders', try: 1, key, deadline: 0, activeDeadlineSeconds: 60 });

export const withSidecar = { spec: { containers: [{ name: 'proxy', image: 'proxy:1' }] } };

export const hello = (pod: FakePod) => {
  pod.run();
  pod.print('hello');
  pod.finish({ exitCode: 0 });
};

/** The name of the only pod, once its gate is open. */
export async function opened(fake: FakeCluster): Promise<string> {
  const name = () => fake.left()[0];
  await fake.until(() => {
    const one = name();
    return one !== undefined && !fake.pod(one).spec?.schedulingGates?.length;
  });
  return name() as string;
}

/** Whatever was about to be asked of the cluster has arrived there when this returns. */
export async function roundTrips({ dependencies: { cluster } }: World): Promise<void> {
  for (let n = 0; n < 10; n++) await cluster.readPod('n', 'nobody');
}
