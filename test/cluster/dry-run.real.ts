/** Dry runs with a real API server, as the command line shows them: nothing is ever created. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { client } from '../client/client-process.ts';
import { real, type Lane, type Real } from '../support/real.ts';

suite('a dry run', { concurrency: 2 }, () => {
  let world: Real;
  let lane: Lane;
  let namespace: string;
  before(async () => {
    world = await real();
    namespace = await world.createNamespace('dry-run', { 'pod-security.kubernetes.io/enforce': 'restricted' });
    lane = world.lane('dry-run');
    // A policy that lets everything through that the API server shall refuse.
    await lane.worker({
      namespaces: [namespace],
      policy: PERMISSIVE,
      template: { metadata: { labels: { team: 'sales' } } },
    });
  });
  after(() => world.close());

  const PERMISSIVE = { privileged: true, privilegeEscalation: true, runAsRoot: true };
  const dryRun = (spec: object, ...options: string[]) =>
    client(['dry-run', JSON.stringify(spec), ...options], {
      env: {
        TEMPORAL_ADDRESS: world.temporal.address,
        TEMPORAL_NAMESPACE: world.temporal.namespace,
        TEMPORAL_PODS_TASK_QUEUE: lane.taskQueue,
      },
    }).ended;
  const nothingCreated = async () => assert.deepEqual((await world.cluster.listPods(namespace, '')).items, []);
  const plain = () => ({ image: world.images.shell, command: ['true'] });
  const privileged = () => ({
    ...plain(),
    template: { spec: { containers: [{ name: 'base', securityContext: { privileged: true } }] } },
  });

  test('by the worker: the manifest as YAML, with its own template, and nothing else on stdout', async () => {
    const { code, out, err } = await dryRun(plain());
    assert.equal(code, 0, err);
    const pod = parse(out) as V1Pod;
    assert.equal(pod.kind, 'Pod');
    assert.equal(pod.metadata?.namespace, namespace);
    assert.equal(pod.metadata?.labels?.['team'], 'sales');
    assert.equal(pod.spec?.containers[0]?.image, world.images.shell);
    assert.equal(pod.spec?.dnsPolicy, undefined, 'a default of the API server');
    await nothingCreated();
  });

  test('by the API server: with its defaults, as one that could be applied', async () => {
    const { code, out, err } = await dryRun(plain(), '--server', '-o', 'json');
    assert.equal(code, 0, err);
    const pod = JSON.parse(out) as V1Pod;
    assert.equal(pod.spec?.dnsPolicy, 'ClusterFirst');
    assert.equal(pod.metadata?.uid, undefined);
    await nothingCreated();
    // What it shows is admitted again: nothing in it is only the server's to say.
    const again = await world.cluster.createPod(namespace, pod, { dryRun: true });
    assert.equal(again.metadata?.name, pod.metadata?.name);
  });

  test('says what Pod Security would say, in its words', async () => {
    const { code, out, err } = await dryRun(privileged(), '--server');
    assert.equal(code, 1, err);
    assert.match(err, /Forbidden[^]*violates PodSecurity "restricted:latest"[^]*privileged/);
    assert.equal(out, '');
    await nothingCreated();
  });

  test('by the worker alone does not know it', async () => {
    const { code, err } = await dryRun(privileged());
    assert.equal(code, 0, err);
  });

  test('is refused by the policy before the API server is asked', async () => {
    const strict = world.lane('dry-run-strict');
    await strict.worker({ namespaces: [namespace] });
    const { code, err } = await client(['dry-run', JSON.stringify(privileged()), '--server'], {
      env: {
        TEMPORAL_ADDRESS: world.temporal.address,
        TEMPORAL_NAMESPACE: world.temporal.namespace,
        TEMPORAL_PODS_TASK_QUEUE: strict.taskQueue,
      },
    }).ended;
    assert.equal(code, 1, err);
    assert.match(err, /PolicyRefused[^]*policy refuses the pod:[^]*privileged/);
    assert.doesNotMatch(err, /PodSecurity/);
  });
});
