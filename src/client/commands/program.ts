/** What the commands share: how they are declared, and their way to Temporal. */
import { Command, Option } from 'commander';
import { temporalConfig } from '../../config/index.ts';
import { asProblem, connectTemporal, type Temporal } from '../temporal.ts';

export const RUN_OPTION = ['--run <runId>', 'this run of the workflow (default: the newest)'] as const;

export class Program {
  readonly root: Command;
  exitCode = 0;

  constructor() {
    this.root = new Command('client')
      .description('Runs pipelines of Kubernetes pods that Temporal remembers.')
      .exitOverride()
      .configureOutput({ outputError: () => undefined });
  }

  /** @param formats of `-o`; the first one is the default. None: it has nothing to choose */
  command(usage: string, description: string, formats: readonly string[] = []): Command {
    const command = this.root.command(usage).description(description).option('--debug', 'show stack traces');
    if (formats.length > 0)
      command.addOption(new Option('-o, --output <format>', 'what stdout gets').choices(formats).default(formats[0]));
    return command;
  }

  /** Its number is the exit code. Whatever can be wrong with the call is looked at before this. */
  async withTemporal(work: (temporal: Temporal) => Promise<number>): Promise<void> {
    const temporal = await connectTemporal(temporalConfig());
    try {
      this.exitCode = await work(temporal);
    } catch (error) {
      throw asProblem(error, temporal.config);
    } finally {
      await temporal.connection.close();
    }
  }
}
