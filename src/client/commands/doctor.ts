/** `doctor`: whether everything is there that a run needs. */
import { styleText } from 'node:util';
import { temporalConfig } from '../../config/temporal.ts';
import type { Check } from '../doctor/check.ts';
import { kubernetesChecks } from '../doctor/kubernetes-checks.ts';
import { machineChecks } from '../doctor/machine-checks.ts';
import { podCheck } from '../doctor/pod-check.ts';
import { temporalChecks } from '../doctor/temporal-checks.ts';
import { oneLine, printData, printJson } from '../terminal/stdout.ts';
import { connectTemporal } from '../temporal/connection.ts';
import { usage } from '../../common/problem.ts';
import type { Program } from './program.ts';

interface Options {
  readonly pod?: boolean;
  readonly image?: string;
  readonly output: 'text' | 'json';
}

const HELP = `
It looks from here, with the configuration of this machine: run it where a worker runs to see what that worker sees. It asks, and
changes nothing; only --pod starts a run, of one pod. Kubernetes is asked only in the context that was named
(TEMPORAL_PODS_CONTEXT, or the local stack).

Exit code: 0 all is well or is a warning, 1 something failed, 2 the configuration is wrong.`;

export function doctorCommand(program: Program): void {
  program
    .command('doctor', 'Check Temporal, the cluster, the rights, the worker and this machine.', ['text', 'json'])
    .option('--pod', 'also run one pod from start to end, and tell how long each part took')
    .option('--image <image>', "with --pod: an image with sh (default: the one of the worker's collector)")
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const { pod, image, output } = options;
      if (image !== undefined && !pod) throw usage('--image goes with --pod');
      const found: Check[] = [];
      for await (const check of checks(options)) {
        found.push(check);
        if (output === 'text') printData(lineOf(check, process.stdout.isTTY));
      }
      if (output === 'json') printJson(found);
      program.exitCode = found.some(({ result }) => result === 'failed') ? 1 : 0;
    });
}

async function* checks({ pod, image }: Pick<Options, 'pod' | 'image'>): AsyncGenerator<Check> {
  const config = temporalConfig();
  yield* machineChecks(config);
  yield* temporalChecks(config);
  yield* kubernetesChecks();
  if (!pod) return;
  const temporal = await connectTemporal(config);
  try {
    yield await podCheck(temporal, image);
  } finally {
    await temporal.connection.close();
  }
}

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', unknown: 'dim' } as const;

function lineOf({ about, name, result, says, todo }: Check, isTTY: boolean): string {
  const word = result.padEnd(8);
  const shown = isTTY ? styleText(COLOURS[result], word) : word;
  const line = `${shown} ${about}: ${name}: ${oneLine(says)}`;
  return todo === undefined || result === 'ok' ? line : `${line}\n${' '.repeat(9)}to do: ${oneLine(todo)}`;
}
