/** What somebody does while the run is under way: code whose waits are of the simulated time. */
import { setImmediate } from 'node:timers/promises';
import { milliseconds } from '../common/duration.ts';
import { QUERY, type Graph, type TaskState } from '../contract/index.ts';
import { toPayloads } from '../simulation/messages.ts';
import { SimulationError } from '../simulation/outside.ts';
import type { Simulation } from '../simulation/simulation.ts';
import type { RunningRun } from './running-run.ts';

export async function graphOf(simulation: Simulation): Promise<Graph> {
  try {
    return (await simulation.query(simulation.root, QUERY.graph)) as Graph;
  } catch {
    return { nodes: [], edges: [] };
  }
}

interface Wait {
  readonly what: string;
  readonly isSo: (graph: Graph) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The script beside the run: one of the two goes on at a time. */
export class Script {
  readonly #simulation: Simulation;
  readonly #waits = new Set<Wait>();
  #calls = 0;
  #answered = 0;
  #end: { error?: unknown } | undefined;
  #wake = () => {};

  constructor(simulation: Simulation, code: (run: RunningRun) => Promise<void> | void) {
    this.#simulation = simulation;
    const settled = (end: { error?: unknown }) => {
      this.#end = end;
      this.#wake();
    };
    Promise.resolve()
      .then(() => code(this.#handle()))
      .then(
        () => settled({}),
        (error: unknown) => settled({ error }),
      );
  }

  /** Ends when the script waits for the run again, or is over. @throws what the script throws */
  async turn(): Promise<void> {
    // What was answered just now reaches it.
    await setImmediate();
    // Whatever it does of its own between two calls is waited for.
    while (!this.#end && this.#calls === this.#answered) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#end && 'error' in this.#end) throw this.#end.error;
  }

  /** Its turn; and whether the run may have something to do now, or the script. @throws what the script throws */
  async goesOn(): Promise<boolean> {
    const calls = this.#calls;
    await this.turn();
    return (await this.#look()) || this.#calls > calls;
  }

  /** Whether something that the script waits for has come. */
  async #look(): Promise<boolean> {
    if (this.#waits.size === 0) return false;
    const graph = await graphOf(this.#simulation);
    const come = [...this.#waits].filter(({ isSo }) => isSo(graph));
    for (const wait of come) {
      this.#waits.delete(wait);
      wait.resolve();
    }
    return come.length > 0;
  }

  /** The run is over: nothing that it still waits for will come. */
  giveUp(how: string): void {
    for (const { what, reject } of this.#waits) reject(new SimulationError(`${what}: ${how}`));
    this.#waits.clear();
  }

  #handle(): RunningRun {
    const simulation = this.#simulation;
    const nameOf = (definition: { name: string } | string) =>
      typeof definition === 'string' ? definition : definition.name;
    /** The script waits until then. */
    const call = <T>(answer: Promise<T>): Promise<T> => {
      this.#calls++;
      this.#wake();
      return answer.finally(() => this.#answered++);
    };
    const wait = (what: string, isSo: Wait['isSo']) =>
      call(new Promise<void>((resolve, reject) => void this.#waits.add({ what, isSo, resolve, reject })));
    /** Something that is done at once; the script goes on when all has followed from it. */
    const done = (act: () => void) => {
      act();
      return wait('', () => true);
    };
    return {
      get now() {
        return new Date(simulation.clock.now);
      },
      sleep: (length) => {
        const until = simulation.clock.now + milliseconds(length);
        simulation.clock.after(milliseconds(length), () => undefined);
        return wait(`${length} did not pass`, () => simulation.clock.now >= until);
      },
      until: (what: string | Wait['isSo'], state?: TaskState) => {
        if (typeof what !== 'string') return wait('the graph was never so', what);
        const isSo = ({ nodes }: Graph) => nodes.some((node) => node.name === what && node.state === state);
        return wait(`task '${what}' was never '${state}'`, isSo);
      },
      update: (definition, ...args) =>
        call(simulation.update(simulation.root, nameOf(definition), args)) as Promise<never>,
      signal: (definition, ...args) =>
        done(() => simulation.signal(simulation.root, nameOf(definition), toPayloads(args))),
      query: (definition, ...args) => simulation.query(simulation.root, nameOf(definition), args) as Promise<never>,
      cancel: () => done(() => simulation.cancel(simulation.root)),
      graph: () => graphOf(simulation),
    };
  }
}
