import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiRequests, counts, cpuOf, growth, memoryOf, temporalCalls, total } from '../../bench/measures.ts';

const api = (labels: string, value: number) => `apiserver_request_total{component="apiserver",${labels}} ${value}`;

test('requests about pods are added up over their answers; what only the cluster makes is left out', () => {
  const metrics = [
    '# TYPE apiserver_request_total counter',
    api('code="201",resource="pods",subresource="",verb="POST"', 3),
    api('code="403",resource="pods",subresource="",verb="POST"', 1),
    api('code="200",resource="pods",subresource="log",verb="CONNECT"', 2),
    api('code="200",resource="events",subresource="",verb="LIST"', 5),
    api('code="201",resource="events",subresource="",verb="POST"', 100),
    api('code="200",resource="pods",subresource="status",verb="PATCH"', 100),
    api('code="201",resource="pods",subresource="binding",verb="POST"', 100),
    api('code="200",resource="nodes",subresource="",verb="GET"', 100),
    'apiserver_request_total_of_another{resource="pods",verb="POST"} 100',
  ].join('\n');
  assert.deepEqual(apiRequests(metrics), { 'POST pods': 4, 'CONNECT pods/log': 2, 'LIST events': 5 });
});

test('calls to Temporal are those to its frontend, of one namespace, without polls and without those of who follows', () => {
  const call = (operation: string, service = 'frontend', namespace = 'default') =>
    `service_requests{namespace="${namespace}",operation="${operation}",service_name="${service}"} 2`;
  const metrics = [
    call('RecordActivityTaskHeartbeat'),
    call('RecordActivityTaskHeartbeat', 'history'),
    call('RespondActivityTaskCompleted', 'frontend', 'another'),
    call('StartWorkflowExecution'),
    call('PollActivityTaskQueue'),
    call('GetWorkflowExecutionHistory'),
    call('DescribeNamespace'),
  ].join('\n');
  assert.deepEqual(temporalCalls(metrics, 'default'), { RecordActivityTaskHeartbeat: 2, StartWorkflowExecution: 2 });
  assert.deepEqual(temporalCalls(call('StartWorkflowExecution', 'frontend', 'bench_7'), 'bench-7'), {
    StartWorkflowExecution: 2,
  });
});

test('a value may be written with an exponent, and a label with an escaped quote', () => {
  const metrics = String.raw`c{name="a\"}b",x="1"} 1.5e+03`;
  assert.deepEqual(
    counts(metrics, 'c', ({ name }) => name),
    { 'a\\"}b': 1500 },
  );
});

test('between two counts is what has grown, and what is new', () => {
  const more = growth({ a: 1, b: 2 }, { a: 4, b: 2, c: 5 });
  assert.deepEqual(more, { a: 3, c: 5 });
  assert.equal(total(more), 8);
});

test('the memory and the CPU of a process are those that it knows of itself', () => {
  const { now, peak } = memoryOf(process.pid);
  const own = process.memoryUsage.rss() / 2 ** 20;
  assert.ok(now > own / 2 && now < own * 2, `${now} MiB instead of ${own}`);
  assert.ok(peak >= now);
  const before = cpuOf(process.pid);
  const { user, system } = process.cpuUsage();
  assert.ok(Math.abs(before - (user + system) / 1000) < 500);
});
