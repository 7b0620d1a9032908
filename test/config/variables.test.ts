import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { variables } from '../../src/config/variables.ts';
import { Problem } from '../../src/common/problem.ts';

function refusal(env: NodeJS.ProcessEnv): string {
  try {
    variables(env);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error.message;
  }
  return assert.fail('was let through');
}

suite('the environment', () => {
  test('a misspelt variable is refused: a policy that is not read would allow everything', () => {
    assert.equal(
      refusal({ TEMPORAL_PODS_POLICI: '/etc/policy.yaml' }),
      'the environment is not valid: TEMPORAL_PODS_POLICI: there is no such variable; did you mean TEMPORAL_PODS_POLICY?',
    );
  });

  test('everything that is wrong is said at once', () => {
    const message = refusal({ TEMPORAL_PODS_QUUX_AND_MORE: 'x', TEMPORAL_PODS_MAX_PODS: '0' });
    assert.match(message, /QUUX_AND_MORE: there is no such variable; TEMPORAL_PODS_MAX_PODS=0: must be 1 to 10000$/);
  });

  test('a number of pods says what it must be', () => {
    for (const [value, words] of [
      ['0', 'must be 1 to 10000'],
      ['10001', 'must be 1 to 10000'],
      ['1.5', 'is not a whole number'],
      ['many', 'is not a number'],
    ])
      assert.match(
        refusal({ TEMPORAL_PODS_MAX_PODS: value }),
        new RegExp(`TEMPORAL_PODS_MAX_PODS=${value}: ${words}$`),
      );
  });

  test('a heartbeat timeout says what it must be, and is 30 s by default', () => {
    for (const value of ['9s', '11m', 'often', ''])
      assert.match(
        refusal({ TEMPORAL_PODS_HEARTBEAT_TIMEOUT: value }),
        new RegExp(`TEMPORAL_PODS_HEARTBEAT_TIMEOUT=${value}: is not a length of time from 10s to 10m$`),
      );
    const lengthOf = (env: NodeJS.ProcessEnv) => variables(env).TEMPORAL_PODS_HEARTBEAT_TIMEOUT;
    assert.deepEqual([lengthOf({}), lengthOf({ TEMPORAL_PODS_HEARTBEAT_TIMEOUT: '10m' })], [30_000, 600_000]);
  });

  test('what others set is not ours to refuse: a pod’s identity, and links to a Service of our name', () => {
    const theirs = ['WORKFLOW_ID', 'RUN_ID', 'TASK', 'TRY', 'POD', 'SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP']
      .concat(['PORT', 'PORT_80_TCP', 'PORT_80_TCP_ADDR', 'WORKER_SERVICE_HOST', 'WORKER_PORT_443_TCP_PROTO'])
      .map((name): [string, string] => [`TEMPORAL_PODS_${name}`, 'x']);
    assert.equal(variables(Object.fromEntries(theirs)).TEMPORAL_PODS_MAX_PODS, 500);
  });
});
