import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { check, ok, skewVerdict } from '../../../src/client/doctor/check.ts';
import { partsText } from '../../../src/client/doctor/pod-check.ts';
import { pollersVerdict } from '../../../src/client/doctor/temporal-checks.ts';
import { call, impatient } from '../call.ts';

suite('doctor', () => {
  test('what is thrown is what the check found', async () => {
    const found = await check('Temporal', 'server', () => Promise.reject(new Error('is away')));
    assert.deepEqual(found, { about: 'Temporal', name: 'server', result: 'failed', says: 'is away', todo: undefined });
    assert.equal((await check('Temporal', 'server', () => ok('is there'))).result, 'ok');
  });

  test('clocks: small differences are none, whoever is ahead', () => {
    assert.equal(skewVerdict(1_000_000, 1_004_000).result, 'ok');
    assert.deepEqual(
      [skewVerdict(1_010_000, 1_000_000), skewVerdict(1_000_000, 1_100_000)].map(({ result, says }) => [result, says]),
      [
        ['warning', 'is 10 s ahead of this machine'],
        ['failed', 'is 100 s behind this machine'],
      ],
    );
  });

  test('of a worker that has not asked for a while it says how long, since it may have stopped', () => {
    const says = (...agoMs: number[]) =>
      pollersVerdict('q', [{ kind: 'workflows', pollers: agoMs.map((ms) => ({ identity: 'w', agoMs: ms })) }]);
    assert.deepEqual(says(40_000, 3_000), { result: 'ok', says: "one polls 'q' (w)" });
    assert.match(says(40_000, 50_000).says, /^one polls 'q' \(w\), last 40 s ago: one that lives asks once a minute, /);
    assert.equal(says().result, 'failed');
  });

  test('the parts of a pod’s time add up, also when the clocks do not agree', () => {
    const at = (seconds: number) => new Date(seconds * 1000).toISOString();
    const times = { created: at(101), scheduled: at(100), started: at(103), finished: at(104) };
    assert.equal(
      partsText(100_500, 105_000, { times }),
      '4.5 s in all: until the pod was created 0.5 s, until it had a node 0.0 s, until it ran (image, volumes) 2.0 s, ' +
        'its work 1.0 s, until it was gone and its result was here 1.0 s',
    );
  });

  test('everything wrong: each is said, nothing waits, and the exit code is 1', async (t) => {
    impatient(t);
    const env = {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TEMPORAL_PODS_CONTEXT: 'no-such',
      TEMPORAL_PODS_KUBECONFIG: '/no/kubeconfig',
      TEMPORAL_PODS_POLICY: '/no/policy.yaml',
      TEMPORAL_PODS_LOG_DIR: '/dev/null/logs',
    };
    const { code, out, err } = await call(['doctor'], env);
    assert.equal(code, 1, err);
    assert.match(out, /^failed +this machine: files: TEMPORAL_PODS_POLICY=\/no\/policy\.yaml: there is no such file/m);
    assert.match(out, /^failed +Temporal: server: Temporal at 127\.0\.0\.1:1 does not answer/m);
    assert.match(out, /^failed +Kubernetes: server: there is no kubeconfig \/no\/kubeconfig/m);
    const json = await call(['doctor', '-o', 'json'], env);
    assert.equal(json.code, 1);
    assert.ok((JSON.parse(json.out) as { result: string }[]).some(({ result }) => result === 'failed'));
  });

  test('--image without --pod is usage', async () => {
    const { code, err } = await call(['doctor', '--image', 'x']);
    assert.equal(code, 2);
    assert.match(err, /--image goes with --pod/);
  });
});
