/** The parameters of a workflow: their types, checks, defaults and descriptions, all from one schema. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { suggestion } from '../common/did-you-mean.ts';
import { FAULTS, issueText, LINE, moreFaults, pathText, shown } from '../common/issue-text.ts';
import { messageOf } from '../common/message-of.ts';
import { shortened } from '../common/shortened.ts';

/** What the client reads of a workflow before it starts one. */
export interface Described<S extends z.ZodObject = z.ZodObject> {
  readonly params: S;
  readonly description?: string | undefined;
}

/** Its argument is what somebody types: parameters with a default may be left out, and all of it if they all have one. */
export type WorkflowWithParams<S extends z.ZodObject, R> = ((
  ...args: object extends z.input<S> ? [params?: z.input<S>] : [params: z.input<S>]
) => Promise<R>) & { readonly params: S; readonly description?: string | undefined };

/**
 * A workflow whose parameters have a schema:
 *
 *     export const nightly = withParams(
 *       z.object({ day: z.iso.date().describe('The day to load'), retries: z.int().default(2) }).describe('Loads one day.'),
 *       async function nightly({ day, retries }) { … },
 *     );
 *
 * The client checks what was typed and fills in the defaults before the start, so they stand in the history. The workflow checks
 * again, since the Web UI, a schedule or another program may have started it. A parameter that the schema does not know is refused.
 *
 * The schema is code of the workflow, so a replay runs it too. One that refuses, or reads differently, what a run under way was started
 * with makes that run stand still: so widen it as you like, but tighten it, change its transforms, or (for runs that the client did
 * not start) its defaults, only when no such run is left, or under another name of the workflow.
 *
 * @param run gets the parsed parameters. Name the function as its export is named: other workflows start it as a child by that name
 * @throws ApplicationFailure `InvalidArgument`, not retryable, with every fault on a line of its own
 */
export function withParams<S extends z.ZodObject, R>(
  params: S,
  run: (params: z.output<S>) => Promise<R>,
): WorkflowWithParams<S, R> {
  const workflow = async (given?: unknown) => run(parsed(params, given));
  Object.defineProperty(workflow, 'name', { value: run.name });
  return Object.assign(workflow, { params, description: params.description });
}

export interface ParamFault {
  readonly path: readonly PropertyKey[];
  /** There is no such parameter. */
  readonly unknown: boolean;
  /** One line, with the path and the value. */
  readonly text: string;
}

/** What is wrong with the parameters: the first 20, and whether there are more. Empty when nothing is. */
export function paramsFaults(params: z.ZodObject, given: unknown): ParamFault[] {
  const checked = check(params, given);
  return 'faults' in checked ? checked.faults : [];
}

export function unknownParam(path: readonly PropertyKey[], value: unknown, known: readonly string[]): ParamFault {
  const otherwise = known.length > 0 ? `; there are: ${known.join(', ')}` : '';
  const hint = suggestion(String(path.at(-1)), known, { otherwise });
  const text = `${pathText(path)}: there is no such parameter, got ${shown(value)}${hint}`;
  return { path, unknown: true, text };
}

function parsed<S extends z.ZodObject>(params: S, given: unknown): z.output<S> {
  const checked = check(params, given);
  if ('data' in checked) return checked.data;
  throw ApplicationFailure.nonRetryable(
    `the parameters of '${workflowInfo().workflowType}' are not valid:\n  ${checked.faults.map(({ text }) => text).join('\n  ')}`,
    'InvalidArgument',
  );
}

function check<S extends z.ZodObject>(params: S, given: unknown): { data: z.output<S> } | { faults: ParamFault[] } {
  // An author who means to take more than the schema names says so: `z.looseObject`, or `catchall`.
  const strict = params.def.catchall ? params : params.strict();
  try {
    const { success, data, error } = strict.safeParse(given ?? {}, { reportInput: true });
    return success ? { data: data as z.output<S> } : { faults: firstOf(params, error.issues) };
  } catch (error) {
    // A check of the author's own that throws, or is asynchronous: in a workflow it would throw again in every try of the task.
    return { faults: [{ path: [], unknown: false, text: `${WHOLE}: cannot be checked: ${messageOf(error)}` }] };
  }
}

const WHOLE = 'the parameters';

/** A message of thousands would be more than Temporal takes as a failure. */
function firstOf(params: z.ZodObject, issues: readonly z.core.$ZodIssue[]): ParamFault[] {
  const first: ParamFault[] = [];
  for (const issue of issues)
    for (const fault of faultsOf(params, issue)) {
      if (first.length === FAULTS) return [...first, { path: [], unknown: false, text: moreFaults(FAULTS) }];
      first.push({ ...fault, text: shortened(fault.text, LINE) });
    }
  return first;
}

function* faultsOf({ shape }: z.ZodObject, issue: z.core.$ZodIssue): Iterable<ParamFault> {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') {
    yield { path, unknown: false, text: issueText(pathText(path, WHOLE), issue) };
    return;
  }
  const known = path.length === 0 ? Object.keys(shape) : [];
  for (const key of issue.keys) yield unknownParam([...path, key], issue.input?.[key], known);
}
