/** Why code does not fit a history, in the words of a DAG: from what the SDK said, and what the history has at that place. Pure. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { HistoryEvent } from '../common/history-pages.ts';
import { firstLine } from '../common/shortened.ts';
import { readTimer, type RunPodInput, taskOfChunk, UNNAMED } from '../contract/index.ts';

export interface Misfit {
  /** What differs. */
  readonly says: string;
  /** The task that it is about, when it is about one. */
  readonly task?: string;
}

/** What the SDK said of a workflow task that failed. */
export interface Refusal {
  readonly message: string;
  readonly stackTrace?: string | undefined;
  /** What the code asked for up to there, by its ids; not known of a worker's code. */
  readonly asked?: Asked;
}

export interface Asked {
  readonly activities: string[];
  readonly children: string[];
}

/** @param events of the history, from its first one on, or those of them that `isHeldAgainst` */
export function misfitOf({ message, stackTrace, asked }: Refusal, events: readonly HistoryEvent[]): Misfit {
  const history = new History(events, asked);
  for (const [pattern, read] of READERS) {
    const found = pattern.exec(message);
    const misfit = found && read(found.slice(1) as Words, history);
    if (misfit) return misfit;
  }
  if (message.includes(NONDETERMINISM))
    return { says: `the code does something else than the run has: ${firstLine(message).split(NONDETERMINISM)[1]}` };
  const place = placeOf(stackTrace);
  return { says: `the code throws: ${firstLine(message)}${place ? ` (${place})` : ''}` };
}

const NONDETERMINISM = 'Nondeterminism error: ';

type Words = [string, string];

/** Whether it is needed for that: of a long history all else may be left out. */
export const isHeldAgainst = (event: HistoryEvent): boolean =>
  event.workflowExecutionStartedEventAttributes !== undefined || PARTS.some((part) => event[part]);

/** The words of the SDK's core, and what they mean. Words that another version says otherwise are shown as they are. */
const READERS: readonly (readonly [RegExp, (words: Words, history: History) => Misfit | undefined])[] = [
  [/Activity id of scheduled event '(.*?)' does not match activity id of activity command '(.*?)'/s, otherTask],
  [
    /type of scheduled event '(.*?)' does not match .*? of (?:activity )?command '(.*?)'/s,
    ([had, does]) => ({ says: `'${does}' is called where the run has called '${had}'` }),
  ],
  [/Child workflow id of scheduled event '(.*?)' does not match child workflow id of command '(.*?)'/s, otherChild],
  [/No command scheduled for event HistoryEvent.*?id: (\d+)/s, ([id], history) => gone(history.part(id))],
  [
    /(\w[\w ]*?) machine does not handle this event: HistoryEvent.*?id: (\d+)/s,
    ([machine, id], history) => otherKind(machine, history.part(id), history.newOf(machine)),
  ],
  [
    /patch marker encountered for change (.*?), but there is no corresponding/s,
    ([patch]) => ({
      says: `patched('${patch}') is gone: the run has gone the new way; deprecatePatch('${patch}') may stand there until it has ended`,
    }),
  ],
  [
    /Failed to initialize workflow of type '(.*?)': no such function is exported/s,
    ([workflow]) => ({ says: `the workflow '${workflow}' is not exported any more` }),
  ],
];

/** What stands at a place of a history. */
interface Part {
  /** As a noun. */
  readonly text: string;
  readonly task?: string | undefined;
  readonly isEnd?: boolean;
}

class History {
  readonly #events: readonly HistoryEvent[];
  readonly #workflowId: string;
  readonly #asked: Asked;

  constructor(events: readonly HistoryEvent[], asked: Asked = { activities: [], children: [] }) {
    this.#events = events;
    this.#asked = asked;
    this.#workflowId = events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '';
  }

  /** What the code asked for first that it does not have; of these kinds. */
  newOf(machine: string): Part | undefined {
    const { activities, children } = this.#asked;
    if (machine === 'Child workflow') {
      const id = children.find((one) => !this.hasChild(one));
      return id === undefined ? undefined : this.child(id);
    }
    if (machine !== 'Activity') return undefined;
    const task = taskOf(activities.find((one) => taskOf(one) !== undefined && !this.pod(one)) ?? '');
    return task === undefined ? undefined : task === UNNAMED ? { text: 'a pod of no task' } : taskPart(task);
  }

  part(eventId: string): Part {
    const event = this.#events.find((one) => String(one.eventId) === eventId);
    return (event && this.#partOf(event)) ?? { text: 'something that this version does not know' };
  }

  /** The pod of this activityId. */
  pod(activityId: string): Part | undefined {
    const event = this.#events.find((one) => one.activityTaskScheduledEventAttributes?.activityId === activityId);
    return event && this.#partOf(event);
  }

  hasTask(task: string): boolean {
    return this.#events.some(
      (event) => event.activityTaskScheduledEventAttributes && this.#partOf(event)?.task === task,
    );
  }

  /** By its workflowId: a chunk of a map, or a child workflow of the author's. */
  child(id: string, type?: string): Part {
    const task = taskOfChunk(this.#workflowId, id);
    return task === undefined ? { text: `the child workflow '${type ?? id}'` } : { text: `task '${task}'`, task };
  }

  hasChild(id: string): boolean {
    return this.#events.some((event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId === id);
  }

  #partOf(event: HistoryEvent): Part | undefined {
    const activity = event.activityTaskScheduledEventAttributes;
    if (activity) return podOf(activity);
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (child) return this.child(child.workflowId ?? '', child.workflowType?.name ?? '');
    if (event.timerStartedEventAttributes) return timerOf(event);
    if (event.upsertWorkflowSearchAttributesEventAttributes) return { text: 'the mark of a failure (PodFailure)' };
    if (event.workflowPropertiesModifiedEventAttributes) return { text: 'the end of its tasks', isEnd: true };
    if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) return { text: 'a signal to another run' };
    if (event.markerRecordedEventAttributes) return { text: 'a patch, or a local activity' };
    const isEnd = ENDS.some((end) => event[end]);
    return isEnd ? { text: 'the end of the run', isEnd } : undefined;
  }
}

const ENDS = [
  'workflowExecutionCompletedEventAttributes',
  'workflowExecutionFailedEventAttributes',
  'workflowExecutionCanceledEventAttributes',
  'workflowExecutionContinuedAsNewEventAttributes',
] as const;

/** What code asks for. */
const PARTS = [
  'activityTaskScheduledEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
  'timerStartedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
  'workflowPropertiesModifiedEventAttributes',
  'signalExternalWorkflowExecutionInitiatedEventAttributes',
  'markerRecordedEventAttributes',
  ...ENDS,
] as const;

type Activity = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;

function podOf({ activityId, activityType, input }: Activity): Part {
  const type = activityType?.name ?? '';
  if (type === 'deletePod' || type === 'confirmPods') return { text: 'the cleanup of its pods' };
  if (type !== 'runPod') return { text: `the activity '${type}'` };
  const [payload] = input?.payloads ?? [];
  const { task = activityId ?? '' } = payload ? defaultPayloadConverter.fromPayload<Partial<RunPodInput>>(payload) : {};
  return task === UNNAMED ? { text: `a pod of no task (${activityId})` } : taskPart(task);
}

const taskPart = (task: string): Part => ({ text: `task '${task}'`, task });

function timerOf({ userMetadata }: HistoryEvent): Part {
  const summary = userMetadata?.summary ? defaultPayloadConverter.fromPayload<string>(userMetadata.summary) : '';
  const timer = readTimer(summary);
  if (timer)
    return { text: `a wait of task '${timer.task}' (${summary.slice(timer.task.length + 2)})`, task: timer.task };
  return { text: `a timer${summary ? ` ('${summary}')` : ''}` };
}

/** Of `<task>-<n>`. */
const taskOf = (activityId: string): string | undefined => /^(.+)-\d+$/.exec(activityId)?.[1];

const about = (task: string | undefined): Pick<Misfit, 'task'> => (task === undefined ? {} : { task });

/** Both are activities: their ids differ. */
function otherTask([had, does]: Words, history: History): Misfit {
  const has = history.pod(had) ?? { text: `the activity ${had}` };
  const task = taskOf(does);
  if (task === undefined || task === UNNAMED) {
    const new_ = task === undefined ? 'another activity' : `a pod of no task (${does})`;
    return { says: `${new_} is asked for where the run has ${has.text}`, ...about(has.task) };
  }
  if (task === has.task)
    return { says: `task '${task}' comes to its pod ${does} where the run has ${had}`, ...about(task) };
  const before = has.task === undefined ? has.text : `'${has.task}'`;
  if (history.pod(does))
    return {
      says: `task '${task}' comes before ${before}, which the run has first: their order has changed, or ${before} is gone`,
      task,
    };
  if (history.hasTask(task)) return { says: `task '${task}' starts one more pod (${does}) before ${before}`, task };
  const renamed = has.task === undefined ? '' : `, or is ${before} under another name`;
  return { says: `task '${task}' is new before ${before}${renamed}`, task };
}

function otherChild([had, does]: Words, history: History): Misfit {
  const [has, asked] = [history.child(had), history.child(does)];
  if (asked.task !== undefined && asked.task === has.task)
    return { says: `${asked.text} is cut into other chunks than the run has`, task: asked.task };
  const isNew = asked.task !== undefined && !history.hasChild(does);
  return {
    says: isNew ? `${asked.text} is new before ${has.text}` : `${asked.text} is started where the run has ${has.text}`,
    ...about(asked.task ?? has.task),
  };
}

const gone = ({ text, task }: Part): Misfit => ({
  says: `${text} is gone: the run has it, and the code does not come to it there`,
  ...about(task),
});

/** What the SDK's machines stand for. */
const MACHINES: Readonly<Record<string, string>> = {
  Activity: 'a task, or another activity,',
  Timer: 'a wait (a timer)',
  'Child workflow': 'a mapped task, or another child workflow,',
  'Local activity': 'a local activity',
  Change: 'patched()',
};

/** Ends of the code. */
const ENDING: Readonly<Record<string, string>> = {
  'Complete workflow': 'the code has ended before it',
  'Fail workflow': 'the code has failed before it',
  'Cancel workflow': 'the code has ended as cancelled before it',
  'Continue as new workflow': 'the code goes on as a new run before it',
};

function otherKind(machine: string, has: Part, isNew: Part | undefined): Misfit {
  const ending = ENDING[machine];
  if (ending !== undefined)
    return has.isEnd
      ? { says: `${ending.replace(' before it', '')} where the run has ${has.text}: it ended in another way` }
      : { says: `${has.text} is gone: ${ending}`, ...about(has.task) };
  return {
    says: `${isNew?.text ?? MACHINES[machine] ?? `something else (${machine.toLowerCase()})`} is new before ${has.text}`,
    ...about(isNew?.task ?? has.task),
  };
}

/** Where in the author's code: the first place that is in no package. */
function placeOf(stackTrace = ''): string | undefined {
  const places = [...stackTrace.matchAll(/^\s+at (?:.*\()?([^()\n]+:\d+:\d+)\)?$/gm)].map(([, place]) => place);
  return places.find((place) => place && !/node_modules|workflow-bundle-|evalmachine|node:/.test(place));
}
