/** What the commands share: how they are declared, and their way to Temporal. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { clientCall } from '../../common/program-name.ts';
import { leaveWithReader } from '../terminal/stdout.ts';
import { tellIfSlow } from '../terminal/slow.ts';
import type { Temporal } from '../temporal/connection.ts';
import { workflowHelp } from '../params/help.ts';
import type { KnownWorkflow } from '../params/workflows.ts';

export const RUN_OPTION = ['--run <runId>', 'this run of the workflow (default: the newest)'] as const;

export class Program {
  readonly root: Command;
  exitCode = 0;
  /** For the help, which has to be there at once. */
  workflows: readonly KnownWorkflow[] = [];

  constructor() {
    // Also the help may be read by `head`.
    leaveWithReader(process.stdout);
    this.root = new Command(clientCall())
      .description('Runs pipelines of Kubernetes pods that Temporal remembers.')
      .version(version(), '--version', 'print the version')
      .exitOverride()
      .configureOutput({ outputError: () => undefined });
  }

  /** @param formats of `-o`; the first one is the default. None: it has nothing to choose */
  command(usage: string, description: string, formats: readonly string[] = [], parent = this.root): Command {
    const command = parent.command(usage).description(description).option('--debug', 'show stack traces');
    if (formats.length > 0)
      command.addOption(new Option('-o, --output <format>', 'what stdout gets').choices(formats).default(formats[0]));
    return command;
  }

  /** What there is to say of a workflow that was named; empty when none was. */
  workflowHelp(name: string | undefined): string {
    const found = this.workflows.find((one) => one.name === name);
    return found ? `${workflowHelp(found)}\n` : '';
  }

  /** Its number is the exit code. Whatever can be wrong with the call is looked at before this. */
  async withTemporal(work: (temporal: Temporal) => Promise<number>): Promise<void> {
    // Only here: the SDK takes a while to load, and to tell how a command is called nothing needs it.
    const { asProblem, connectTemporal } = await import('../temporal/connection.ts');
    const { temporalConfig } = await import('../../config/temporal.ts');
    const config = temporalConfig();
    const temporal = await tellIfSlow(`waiting for Temporal at ${config.connection.address}`, () =>
      connectTemporal(config),
    );
    try {
      this.exitCode = await work(temporal);
    } catch (error) {
      throw asProblem(error, temporal.config);
    } finally {
      await temporal.connection.close();
    }
  }
}

const version = () =>
  (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
