/** From what was typed to the arguments of a workflow, checked as far as the workflow says what it takes. */
import { pathText } from '../../common/issue-text.ts';
import { usage } from '../../common/problem.ts';
import { clientCall } from '../../common/program-name.ts';
import type { DryRunInput, PodSpec, SpecChange } from '../../contract/index.ts';
import { specFaults } from '../../spec/index.ts';
import { type ParamFault, paramsFaults, unknownParam } from '../../workflows/params.ts';
import { readWords, type Word } from './arguments.ts';
import { assemble } from './assemble.ts';
import { withDefaults } from './fill.ts';
import { isFields, type JsonSchema, listOf, objectOf, propertyOf, schemaOf, variantsOf } from './json-schema.ts';
import type { KnownWorkflow } from './workflows.ts';

/** @throws Problem (2) with every fault on a line of its own: path, what it must be, value */
export function workflowArguments(
  workflow: KnownWorkflow,
  texts: readonly string[],
  readStdin?: () => string,
  complete: Complete = (_schema, value) => value,
): unknown[] {
  const words = readWords(texts, readStdin);
  if (workflow.params) return [checkedParams(workflow, words, complete)];
  const args = plainArguments(words);
  checkPlain(workflow.name, args);
  return args;
}

/** What is done about parameters that are missing and have no default. */
export type Complete = (schema: JsonSchema, value: unknown) => unknown;

/** Defaults are filled in here, so they stand in the history. */
function checkedParams({ name, params }: KnownWorkflow, words: readonly Word[], complete: Complete): unknown {
  const schema = schemaOf(params!);
  const { value, faults } = assemble(words, schema);
  const unknown = unknownParams(schema, value);
  const told = new Set(unknown.map(({ path }) => pathText(path)));
  const isTold = ({ path, unknown }: ParamFault) => unknown && told.has(pathText(path));
  const filled = complete(schema, withDefaults(schema, value));
  const all = [
    ...faults,
    ...unknown.map(({ text }) => text),
    ...paramsFaults(params!, filled).flatMap((fault) => (isTold(fault) ? [] : [fault.text])),
  ];
  if (all.length === 0) return filled;
  throw usage(
    `the parameters of '${name}' are not valid, nothing was started:\n  ${all.join('\n  ')}\n` +
      `what they are: ${clientCall()} run ${name} --help`,
  );
}

/** Of a workflow without a schema: values by position, or one object of single keys. */
export function plainArguments(words: readonly Word[]): unknown[] {
  const whole = words.flatMap((word) => ('value' in word ? [word.value] : []));
  if (whole.length === words.length) return whole;
  if (whole.length > 1 || (whole.length === 1 && !isFields(whole[0])))
    throw usage('key=value goes with one object, or alone; other arguments are values by position');
  const { value, faults } = assemble(words, {});
  if (faults.length > 0) throw usage(`the arguments are not valid, nothing was started:\n  ${faults.join('\n  ')}`);
  return [value];
}

/** @throws Problem (2) */
export function dryRunArguments(texts: readonly string[], on: 'client' | 'server'): [DryRunInput] {
  const spec = theOne(plainArguments(readWords(texts)), 'a dry run takes one argument, the spec of the pod', 'dry-run');
  checkSpec(spec);
  return [{ spec: spec as PodSpec, on }];
}

/** The workflows of our own that take a pod's spec. */
function checkPlain(name: string, args: readonly unknown[]): void {
  if (name === 'pod') checkSpec(theOne(args, "the workflow 'pod' takes one argument, the spec of the pod", 'run pod'));
  if (name !== 'dryRun') return;
  const input = theOne(args, 'a dry run takes one argument, the spec of the pod', 'dry-run') as { spec?: unknown };
  checkSpec(input?.spec);
}

function theOne(args: readonly unknown[], takes: string, call: string): unknown {
  if (args.length === 1) return args[0];
  throw usage(`${takes}, and got ${args.length || 'none'}: ${call} spec.yaml`);
}

function checkSpec(spec: unknown): void {
  const faults = specFaults(spec);
  if (faults.length > 0)
    throw usage(`the spec of the pod is not valid, nothing was started:\n  ${faults.join('\n  ')}`);
}

/**
 * Parameters that the schema does not name, also in objects whose schema would let them pass in silence: a typo is no wish. Where a
 * value may be one of several objects, the validator knows better.
 */
function unknownParams(schema: JsonSchema, value: unknown, path: readonly PropertyKey[] = []): ParamFault[] {
  const items = listOf(schema)?.items;
  const ofItems =
    Array.isArray(value) && typeof items === 'object'
      ? value.flatMap((item, at) => unknownParams(items, item, [...path, at]))
      : [];
  if (!isFields(value) || variantsOf(schema).length > 1) return ofItems;
  const known = Object.keys(objectOf(schema)?.properties ?? {});
  return Object.entries(value).flatMap(([name, one]) => {
    const at = [...path, name];
    const property = propertyOf(schema, name);
    if (property) return unknownParams(property, one, at);
    return known.length > 0 ? [unknownParam(at, one, known)] : [];
  });
}

/** What is text however it looks: `env.LEVEL=3`. Of everything else `3` is a number. */
const TEXTS: JsonSchema = { additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
const SPEC: JsonSchema = {
  properties: {
    env: TEXTS,
    labels: TEXTS,
    annotations: TEXTS,
    nodeSelector: TEXTS,
    resources: { properties: { requests: TEXTS, limits: TEXTS } },
  },
};

/** What `--spec` says: a part of a pod's spec, to be laid over the whole. @param texts objects as JSON or files, single keys as `key=value` on top. @throws Problem (2) */
export function readSpecChange(texts: readonly string[]): SpecChange {
  const { value, faults } = assemble(readWords(texts), SPEC);
  if (faults.length > 0) throw usage(`--spec is not valid, nothing was changed:\n  ${faults.join('\n  ')}`);
  return value as SpecChange;
}
