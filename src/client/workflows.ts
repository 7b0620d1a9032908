/** What is known of a workflow before it is started, so that a mistake ends here and not in a run that hangs. */
import { specFaults } from '../activities/spec.ts';
import { didYouMean } from '../did-you-mean.ts';
import { messageOf } from '../message-of.ts';
import { usage } from '../problem.ts';

/** The exports of src/workflows: the definitions load outside of the sandbox too, they only cannot run there. */
export async function workflowNames(): Promise<string[]> {
  try {
    const workflows: Record<string, unknown> = await import('../workflows/index.ts');
    return Object.keys(workflows).filter((name) => typeof workflows[name] === 'function');
  } catch (error) {
    throw usage(`src/workflows/index.ts cannot be loaded: ${messageOf(error)}`);
  }
}

/** @throws Problem (2) that lists the known ones */
export function checkName(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const meant = didYouMean(name, known);
  throw usage(
    `there is no workflow '${name}'${meant ? `; did you mean '${meant}'?` : ''}\n` +
      `  known are: ${known.join(', ')} (the exports of src/workflows/index.ts)`,
  );
}

/** @throws Problem (2) with every fault on a line of its own */
export function checkArguments(name: string, args: readonly unknown[]): void {
  if (name === 'pod') checkSpec(theOne(args, "the workflow 'pod' takes one argument, the spec of the pod", 'run pod'));
  if (name === 'dryRun')
    checkSpec(
      (theOne(args, 'a dry run takes one argument, the spec of the pod', 'dry-run') as { spec?: unknown })?.spec,
    );
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
