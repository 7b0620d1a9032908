import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { classify, type ClusterErrorKind } from '../../src/kubernetes/classify.ts';
import { errorOf, errorOfAnswer } from '../../src/kubernetes/cluster-error.ts';

const status = (reason: string, message: string, details?: object) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, details });

suite('what an answer of the API server means', () => {
  const modified = 'the object has been modified; please apply your changes to the latest version and try again';
  const rows: [what: string, code: number, body: string, kind: ClusterErrorKind][] = [
    ['no such pod', 404, status('NotFound', 'pods "a" not found', { name: 'a', kind: 'pods' }), 'notFound'],
    [
      'no such namespace',
      404,
      status('NotFound', 'namespaces "n" not found', { kind: 'namespaces' }),
      'namespaceNotFound',
    ],
    ['a 404 of a proxy says nothing about a pod', 404, '<html>not found</html>', 'transient'],
    ['a 404 of an API server that starts says nothing about a pod', 404, '404 page not found\n', 'transient'],
    ['the name is taken', 409, status('AlreadyExists', 'pods "a" already exists'), 'alreadyExists'],
    [
      'the name is taken by a pod that goes',
      409,
      status('AlreadyExists', 'object is being deleted: pods "a" already exists'),
      'alreadyExists',
    ],
    [
      'another uid',
      409,
      status(
        'Conflict',
        'Operation cannot be fulfilled on Pod "a": the UID in the precondition (x) does not match the UID in record (y).',
      ),
      'conflict',
    ],
    [
      'a quota that counts two pods at once',
      409,
      status('Conflict', `Operation cannot be fulfilled on resourcequotas "q": ${modified}`),
      'transient',
    ],
    ['two writers', 409, status('Conflict', `Operation cannot be fulfilled on pods "a": ${modified}`), 'transient'],
    ['a precondition', 412, '', 'conflict'],
    ['RBAC', 403, status('Forbidden', 'pods is forbidden: User "u" cannot create resource "pods"'), 'forbidden'],
    [
      'a full quota',
      403,
      status('Forbidden', 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'),
      'quota',
    ],
    [
      'a namespace that goes',
      403,
      status('Forbidden', 'unable to create new content in namespace n because it is being terminated', {
        causes: [{ reason: 'NamespaceTerminating' }],
      }),
      'namespaceNotFound',
    ],
    ['credentials', 401, status('Unauthorized', 'Unauthorized'), 'unauthorized'],
    [
      'a log too early',
      400,
      status('BadRequest', 'container "base" in pod "a" is waiting to start: ContainerCreating'),
      'waiting',
    ],
    [
      'a log of init',
      400,
      status('BadRequest', 'container "base" in pod "a" is waiting to start: PodInitializing'),
      'waiting',
    ],
    [
      'a log of a start whose container was removed',
      400,
      status('BadRequest', 'previous terminated container "proxy" in pod "a" not found'),
      'notFound',
    ],
    ['a container that is not there', 400, status('BadRequest', 'container x is not valid for pod a'), 'invalid'],
    [
      'a manifest that will never do',
      422,
      status('Invalid', 'Pod "a" is invalid: spec.containers: Required value'),
      'invalid',
    ],
    ['a body that is too large', 413, '', 'invalid'],
    ['an object that etcd finds too large', 500, status('', 'etcdserver: request is too large'), 'invalid'],
    ['a resourceVersion of long ago', 410, status('Expired', 'too old resource version: 1 (2)'), 'gone'],
    ['a busy server', 429, status('TooManyRequests', 'slow down'), 'transient'],
    ['a request that took too long', 408, '', 'transient'],
    ['an error inside', 500, status('InternalError', 'etcdserver: leader changed'), 'transient'],
    ['a gateway', 502, '<html>', 'transient'],
    ['a server that starts', 503, '', 'transient'],
    [
      'a timeout inside',
      504,
      status('Timeout', 'Timeout: request did not complete within the allotted duration'),
      'transient',
    ],
    ['a redirect, to a login page for one', 302, '', 'transient'],
  ];
  for (const [what, code, body, kind] of rows) test(what, () => assert.equal(classify(code, body).kind, kind));
});

suite('the words of an error', () => {
  test('name the verb and the object, then what the server said', () => {
    const error = errorOfAnswer('create pod etl/a', 409, status('AlreadyExists', 'pods "a" already exists'));
    assert.equal(error.message, 'create pod etl/a: pods "a" already exists (409)');
    assert.equal(error.status, 409);
    assert.equal(error.reason, 'AlreadyExists');
  });
  test('are one line, and bounded', () => {
    const { message } = errorOfAnswer('create pod etl/a', 422, status('Invalid', `first\nsecond ${'x'.repeat(5000)}`));
    assert.match(message, /first second x+… \(422\)$/);
    assert.ok(message.length < 600);
  });
  test('never hold the body of something that is not Kubernetes', () => {
    assert.equal(
      errorOfAnswer('read pod etl/a', 502, 'Authorization: Bearer x').message,
      'read pod etl/a: HTTP 502 (502)',
    );
  });
  test('of the network come from the address that was tried', () => {
    const error = errorOf('read pod etl/a', new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:1')]));
    assert.equal(error.message, 'read pod etl/a: connect ECONNREFUSED 127.0.0.1:1');
    assert.equal(error.kind, 'transient');
  });
});

suite('how long the server asks us to wait', () => {
  test('is believed up to a minute', () => assert.equal(classify(429, '', '3600').retryAfterMs, 60_000));
  test('comes from the header', () => assert.equal(classify(429, '', '3').retryAfterMs, 3000));
  test('comes from the details', () =>
    assert.equal(classify(429, status('TooManyRequests', 'no', { retryAfterSeconds: 2 }), '9').retryAfterMs, 2000));
  test('is unknown otherwise, also when the header is a date', () =>
    assert.equal(classify(503, '', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterMs, undefined));
});
