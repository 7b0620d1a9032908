/**
 * All commands by their names. What is typed most is waited for most: the file of a command, and all that it needs, is loaded when
 * that command is typed, and the others stand in the help with what is said of them here. A test holds both to the same words.
 */
import { Program } from './program.ts';

type Add = (program: Program) => void;

interface Source {
  /** Usage and description of each command that the file adds. One without a description is not shown. */
  readonly commands: readonly (readonly [usage: string, description?: string])[];
  readonly load: () => Promise<Add>;
}

const SOURCES: readonly Source[] = [
  {
    commands: [
      ['run <workflow> [args...]', 'Start a workflow, follow its logs, print its result. Ctrl-C cancels it.'],
      ['start <workflow> [args...]', 'Start a workflow, and leave it to the workers.'],
      [
        'sweep',
        'Delete the pods that no run is left to delete: a schedule does it every few minutes, this does it now.',
      ],
      ['dry-run [spec...]', 'Show the pod that `run pod` would create from this spec, without creating it.'],
    ],
    load: async () => (await import('./run.ts')).runCommands,
  },
  {
    commands: [['list', 'List runs: how they stand, since when, how long.']],
    load: async () => (await import('./list.ts')).listCommand,
  },
  {
    commands: [['show <id>', 'Show a run: its tasks as a tree, how each stands, what is left.']],
    load: async () => (await import('./show.ts')).showCommand,
  },
  {
    commands: [['graph <id> [args...]', 'Draw the graph of a run, or, with --plan, of a workflow before it ever ran.']],
    load: async () => (await import('./graph.ts')).graphCommand,
  },
  {
    commands: [
      ['logs <id> [tasks...]', 'Show what the pods of a run print, or have printed: of these tasks, or of all.'],
    ],
    load: async () => (await import('./logs.ts')).logsCommand,
  },
  {
    commands: [['history <id>', 'Print the history of a run as JSON, for a replay test.']],
    load: async () => (await import('./history.ts')).historyCommand,
  },
  {
    commands: [['replay [histories...]', 'Say whether the code as it is now fits recorded or running runs.']],
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  {
    commands: [['schedule', 'Run workflows at their times: create, list, pause, backfill…']],
    load: async () => (await import('./schedule.ts')).scheduleCommand,
  },
  {
    commands: [['workflows', 'List the workflows that can be started, with what they take.']],
    load: async () => (await import('./workflows.ts')).workflowsCommand,
  },
  {
    commands: [
      ['retry <id> <task>', 'Call a held task again, perhaps with a changed spec.'],
      ['skip <id> <task>', 'End a held task without its failure.'],
      ['fail <id> <task>', 'End a held task with its failure, before its time.'],
      ['extend <id> <task>', 'Give a held task more time until it fails by itself.'],
      ['pause <id>', 'Let no new pod of a run start; those that run go on.'],
      ['resume <id>', 'Let new pods of a run start again, after pause.'],
      ['end-debug <id> [task]', 'Go on without a failed pod that is kept to be looked at.'],
      ['answer <id> <name> [args...]', "Send an update or a signal of the workflow's own."],
      ['cancel <id> [task]', 'Cancel a run, or one task of it.'],
    ],
    load: async () => (await import('./control.ts')).controlCommands,
  },
  {
    commands: [['rerun <id>', 'Run a workflow again that has ended, and keep what is done.']],
    load: async () => (await import('./rerun.ts')).rerunCommand,
  },
  {
    commands: [['doctor', 'Check Temporal, the cluster, the rights, the worker and this machine.']],
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    commands: [['worker', 'Run a worker, until Ctrl-C.']],
    load: async () => (await import('./worker.ts')).workerCommand,
  },
  {
    commands: [['completion <shell>', 'Print what a shell needs to complete a line with Tab.'], ['complete <line>']],
    load: async () => (await import('./completion.ts')).completionCommands,
  },
];

/** With every command as it is declared. */
export const allCommands = (): Promise<Program> => commandsOf(() => true);

/** With those of these names as they are declared; of the others there is what the help says of them all. */
export const commandsNamed = (...names: readonly (string | undefined)[]): Promise<Program> =>
  commandsOf(({ commands }) => commands.some(([usage]) => names.includes(nameOf(usage))));

async function commandsOf(isNeeded: (source: Source) => boolean): Promise<Program> {
  const program = new Program();
  for (const source of SOURCES)
    if (isNeeded(source)) (await source.load())(program);
    else for (const [usage, description] of source.commands) outline(program, usage, description);
  return program;
}

function outline({ root }: Program, usage: string, description: string | undefined): void {
  const command = root.command(usage, { hidden: description === undefined });
  if (description !== undefined) command.description(description);
  // A group has none, and says so in the help.
  if (nameOf(usage) !== 'schedule') command.option('--debug');
}

const nameOf = (usage: string): string => usage.split(' ', 1)[0] ?? '';
