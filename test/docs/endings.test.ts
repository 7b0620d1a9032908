import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { failureMessage } from '../../src/activities/failure.ts';
import type { OutcomeKind, PodOutcome, RefusalKind } from '../../src/contract/index.ts';

const page = readFileSync(new URL('../../docs/endings.md', import.meta.url), 'utf8');

/** What the page shows of each kind; the compiler sees to it that none is forgotten. */
const shown: Record<Exclude<OutcomeKind, 'Succeeded' | 'Skipped'>, Omit<PodOutcome, 'kind' | 'startedEver'>> = {
  ContainerFailed: { reason: 'Error', exitCode: 3 },
  OOMKilled: { reason: 'OOMKilled', exitCode: 0 },
  ContainerCannotRun: { reason: 'StartError', exitCode: 128 },
  InitContainerFailed: { reason: 'Error', exitCode: 4, container: 'fetch' },
  InvalidImage: { reason: 'InvalidImageName', container: 'base' },
  ImagePullFailed: { reason: 'ErrImagePull', container: 'base' },
  ContainerConfigError: { reason: 'CreateContainerConfigError', container: 'base' },
  PodRejected: { reason: 'OutOfcpu' },
  PodDisrupted: { reason: 'EvictionByEvictionAPI' },
  NodeLost: { reason: 'NodeNotReady' },
  PodDeleted: { reason: 'Deleted' },
  OutcomeUnknown: { reason: 'EventsUnread', exitCode: 0 },
  QuotaExceeded: { reason: 'NotCreated' },
  ScheduleTimeout: { reason: 'Unschedulable' },
  StartTimeout: { reason: 'FailedMount' },
  InitTimeout: { reason: 'InitTimeout', container: 'fetch' },
  DeadlineExceeded: { reason: 'RunTimeout' },
  ResultInvalid: {},
  ResultMissing: {},
  ResultTooLarge: {},
};
const refusals: Record<RefusalKind, RegExp> = {
  InvalidSpec: /^the pod's spec is not valid:\n {2}\w+/,
  PolicyRefused: /^this worker's policy refuses the pod:\n {2}\w+/,
  CallbackFailed: /^callback budget\.beforeCreate refuses the pod/,
  Forbidden: /forbidden/,
  NamespaceNotFound: /namespaces "etl" not found/,
  PodNameConflict: /is not of this task/,
};

const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text): [string, string] => [text.slice(0, text.indexOf('\n')), text]),
);
const example = (kind: string) => /```text\n([\s\S]*?)```/.exec(sections.get(kind) ?? '')?.[1] ?? '';
/** `says: …` and the like, by their label; what pods say themselves is theirs. */
const lineOf = (message: string, label: string) =>
  message.split('\n').find((line) => line.startsWith(`  ${label}: `)) ?? '';
const labels = (message: string) => message.split('\n').flatMap((line) => /^ {2}(\w[^:]*):/.exec(line)?.[1] ?? []);

suite('docs/endings.md', () => {
  test('has one section for each type of failure, and no other', () => {
    assert.deepEqual([...sections.keys()].sort(), [...Object.keys(shown), ...Object.keys(refusals)].sort());
  });

  for (const kind of [...Object.keys(shown), ...Object.keys(refusals)])
    test(`${kind}: says how it is seen, and whether it is tried again`, () => {
      assert.match(sections.get(kind) ?? '', /- \*\*Seen by:\*\* \S.*\n- \*\*Another pod:\*\* (costs|free|never)/);
    });

  for (const [kind, outcome] of Object.entries(shown) as [OutcomeKind, PodOutcome][])
    test(`${kind}: shows the message as it is still printed`, () => {
      const text = example(kind);
      const says = lineOf(text, 'says').slice('  says: '.length);
      const startedEver = !/nothing ran/.test(text);
      const printed = failureMessage({ ...outcome, kind, startedEver, ...(says && { message: says }) }, {});
      const [first = ''] = printed.split('\n');
      assert.equal(text.split('\n')[0]?.replace(/^(pod [^:]+|the pod)/, 'the pod'), first);
      assert.equal(lineOf(text, 'to do'), lineOf(printed, 'to do'));
      assert.deepEqual(
        labels(text).filter((label) => label === 'says' || label === 'to do'),
        labels(printed),
      );
    });

  for (const [kind, like] of Object.entries(refusals))
    test(`${kind}: shows a message`, () => assert.match(example(kind), like));
});
