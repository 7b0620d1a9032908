/**
 * What a campaign does, pure: from a seed, rounds; in each round some runs of one pod, faults of the machinery that all of them
 * share, and faults that meet one run. The same seed gives the same plans, whatever the machine does with them.
 */

/**
 * A moment of a pod's life. `create`, `gate` and `delete`: the request has come to the proxy and is not passed on yet; `created`,
 * `opened` and `deleted`: the API server has acted and its answer is still on its way. `running`: it has printed so many lines.
 * `ended`: its main container was seen to have ended.
 */
export const STEPS = ['start', 'create', 'created', 'gate', 'opened', 'running', 'ended', 'delete', 'deleted'] as const;
export type Step = (typeof STEPS)[number];

const REQUESTS: readonly Step[] = ['create', 'created', 'gate', 'opened', 'delete', 'deleted'];
export const isRequest = (step: Step): boolean => REQUESTS.includes(step);

/** What a pod prints and how it ends. */
export interface PodPlan {
  lines: number;
  /** Lines without a pause between them, and the pause after them. */
  burst: number;
  pauseMs: number;
  exit: number;
  /** It does not heed SIGTERM. */
  deaf: boolean;
}

/** Kinds that meet what all runs of a worker share, with the steps at which they may happen. */
export const SHARED = {
  nothing: ['start'],
  'worker killed': ['create', 'created', 'gate', 'opened', 'running', 'ended', 'delete', 'deleted'],
  'worker told to stop': ['create', 'created', 'opened', 'running', 'ended', 'delete'],
  'worker frozen past its heartbeat, then woken': ['created', 'opened', 'running', 'ended'],
  'all workers gone while the pod ends': ['running'],
  'API: connections reset, again and again': ['create', 'running', 'ended'],
  'API: half-open connections': ['created', 'running'],
  'API: packets dropped for a while': ['created', 'running', 'ended'],
  'API: 2 s slow': ['start', 'running'],
  'API: answer to a create lost': ['start'],
  'API: answer to a patch lost': ['start'],
  'API: answer to a delete lost': ['start'],
  'API: request never answered': ['start'],
  'API: answers 409': ['start'],
  'API: answers 429': ['start'],
  'API: answers 500, 503, 504': ['start', 'ended'],
  'logs: stream reset in the middle of a line': ['start', 'running'],
  'logs: stream ends cleanly at any byte': ['start', 'running'],
  'logs: stream stalls': ['start'],
  'watch: cut at any byte': ['running'],
  'watch: 410 Gone': ['create', 'running'],
  'watch: events hidden': ['created', 'running'],
  'watch: an older list after a newer': ['opened', 'running'],
  'Temporal: connections reset': ['create', 'running', 'ended'],
  'Temporal: packets dropped for a while': ['created', 'running', 'ended'],
  'Temporal: 2 s slow': ['start', 'running'],
  'Temporal: answer lost after it acted': ['start', 'running'],
  'Temporal: answers UNAVAILABLE': ['start', 'running'],
  'both partitioned past the heartbeat': ['running'],
  'quota: no pod may be created for a while': ['start'],
  'log store: full for a while': ['running'],
  'log store: slow': ['running'],
  'log store: read-only for a while': ['start', 'running'],
} as const satisfies Record<string, readonly Step[]>;

/** Kinds that end servers, in a stack of the campaign's own. */
export const RESTARTS = {
  'API server restarted': ['create', 'created', 'running', 'ended', 'delete'],
  'etcd restarted': ['created', 'running', 'ended'],
  'kubelet restarted': ['opened', 'running', 'ended'],
  'containerd restarted': ['running', 'ended'],
  'Temporal restarted': ['opened', 'running', 'ended'],
  'node lost, then back': ['running'],
  'node lost and deleted': ['running'],
} as const satisfies Record<string, readonly Step[]>;
export type RestartKind = keyof typeof RESTARTS;
export type SharedKind = keyof typeof SHARED | RestartKind;

/** Kinds that meet one run. */
export const SINGLE = {
  'run cancelled': ['start', 'create', 'created', 'gate', 'opened', 'running', 'ended', 'delete'],
  'run terminated': ['create', 'created', 'opened', 'running', 'ended', 'delete'],
  'run reset to its beginning': ['opened', 'running', 'ended'],
  'activity paused, then unpaused': ['created', 'opened', 'running', 'ended'],
  'activity reset': ['opened', 'running', 'ended'],
  'pod deleted by somebody else': ['opened', 'running', 'ended'],
  'pod evicted': ['opened', 'running'],
} as const satisfies Record<string, readonly Step[]>;
export type SingleKind = keyof typeof SINGLE;

interface Moment<Kind> {
  kind: Kind;
  step: Step;
  /** For `running`. */
  line: number;
}

export interface SharedFault extends Moment<SharedKind> {
  /** The worker that comes to the step first, or both. */
  who: 'first' | 'both';
  times: number;
  seconds: number;
  /** Of a stream, before it is cut. */
  bytes: number;
  how: 'reset' | 'eof';
  status: number;
  /** Of requests. */
  verb: 'create' | 'read' | 'list' | 'watch' | 'patch' | 'delete' | 'log' | 'events';
}

export interface SingleFault extends Moment<SingleKind> {
  afterMs: number;
}

export interface RunPlan {
  id: string;
  pod: PodPlan;
  fault?: SingleFault;
}

export interface RoundPlan {
  seed: number;
  round: number;
  runs: RunPlan[];
  faults: SharedFault[];
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = random(seed);
  }
  int(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }
  chance(share: number): boolean {
    return this.#next() < share;
  }
  pick<T>(all: readonly T[]): T {
    return all[this.int(0, all.length - 1)] as T;
  }
  shuffle<T>(all: readonly T[]): T[] {
    const left = [...all];
    return all.map(() => left.splice(this.int(0, left.length - 1), 1)[0] as T);
  }
}

/** Every kind once before any comes again, and of each kind every step once before any comes again. */
class Deck<Kind extends string> {
  readonly #steps: Readonly<Record<Kind, readonly Step[]>>;
  readonly #dice: Dice;
  readonly #left = new Map<Kind, Step[]>();
  #kinds: Kind[] = [];

  constructor(steps: Readonly<Record<Kind, readonly Step[]>>, dice: Dice) {
    this.#steps = steps;
    this.#dice = dice;
  }

  draw(): { kind: Kind; step: Step } {
    if (this.#kinds.length === 0) this.#kinds = this.#dice.shuffle(Object.keys(this.#steps) as Kind[]);
    const kind = this.#kinds.pop() as Kind;
    let steps = this.#left.get(kind) ?? [];
    if (steps.length === 0) steps = this.#dice.shuffle(this.#steps[kind]);
    this.#left.set(kind, steps);
    return { kind, step: steps.pop() as Step };
  }
}

export interface PlanOptions {
  runsPerRound: number;
  /** Only kinds whose name has one of these in it. */
  only?: readonly string[];
  /** No fault that takes longer than a few seconds. */
  quick?: boolean;
  /** Restarts of servers, instead of faults between them and the workers. */
  restarts?: boolean;
}

/** What may come in such a campaign. */
export const kindsOf = ({ only = [], quick = false, restarts = false }: Omit<PlanOptions, 'runsPerRound'>): string[] =>
  [...Object.keys(restarts ? RESTARTS : SHARED), ...Object.keys(SINGLE)].filter(
    (kind) =>
      kind !== 'nothing' &&
      (only.length === 0 || only.some((part) => kind.includes(part))) &&
      !(quick && SLOW.includes(kind)),
  );

const SLOW: readonly string[] = [
  'worker killed',
  'worker frozen past its heartbeat, then woken',
  'all workers gone while the pod ends',
  'API: half-open connections',
  'API: packets dropped for a while',
  'API: request never answered',
  'Temporal: packets dropped for a while',
  'both partitioned past the heartbeat',
  'logs: stream stalls',
  'watch: events hidden',
  'run terminated',
];

export function* rounds(seed: number, options: PlanOptions): Generator<RoundPlan> {
  const { runsPerRound, only = [], restarts = false } = options;
  const dice = new Dice(seed);
  const kinds = [...kindsOf(options), ...(only.length === 0 && !restarts ? ['nothing'] : [])];
  const wanted = <Kind extends string>(all: Partial<Record<Kind, readonly Step[]>>) =>
    Object.fromEntries(Object.entries(all).filter(([kind]) => kinds.includes(kind))) as Record<Kind, readonly Step[]>;
  const [shared, single] = [wanted<SharedKind>(restarts ? RESTARTS : SHARED), wanted<SingleKind>(SINGLE)];
  const sharedDeck = new Deck<SharedKind>(
    Object.keys(shared).length ? shared : ({ nothing: ['start'] } as never),
    dice,
  );
  const singleDeck = Object.keys(single).length ? new Deck<SingleKind>(single, dice) : undefined;
  const measured = MEASURED.filter((kind) => !restarts && Object.hasOwn({ ...shared, ...single }, kind));
  for (let round = 0; ; round++) {
    if (measured.length > 0 && round % MEASURED_EVERY === MEASURED_EVERY - 1) {
      const kind = measured[Math.floor(round / MEASURED_EVERY) % measured.length] as (typeof MEASURED)[number];
      yield { seed, round, ...measuredRound(kind, runsPerRound, round, dice) };
      continue;
    }
    const faults = Array.from({ length: dice.chance(0.2) ? 2 : 1 }, () => sharedFault(sharedDeck.draw(), dice));
    const [first] = faults;
    const long = faults.some(({ kind }) => LASTING.includes(kind));
    const runs = Array.from({ length: runsPerRound }, (_, index): RunPlan => {
      const meets = singleDeck && dice.chance(first?.kind === 'nothing' ? 0.7 : 0.35);
      const fault = meets ? singleFault(singleDeck.draw(), dice) : undefined;
      const pod = podPlan(dice, long && dice.chance(0.6), fault);
      return { id: `${round}-${index}`, pod, ...(fault && { fault }) };
    });
    yield { seed, round, runs, faults };
  }
}

/** How fast these are put right is measured, and for that nothing else may meet a run: some rounds have them alone. */
const MEASURED = ['worker killed', 'worker told to stop', 'run cancelled'] as const;
const MEASURED_EVERY = 5;

function measuredRound(
  kind: (typeof MEASURED)[number],
  runsPerRound: number,
  round: number,
  dice: Dice,
): Pick<RoundPlan, 'runs' | 'faults'> {
  const isCancel = kind === 'run cancelled';
  const seconds = kind === 'worker killed' ? 45 : 20;
  const runs = Array.from({ length: runsPerRound }, (_, index): RunPlan => {
    const pauseMs = dice.int(30, 120);
    const pod = { lines: Math.round((seconds * 1000) / pauseMs), burst: 1, pauseMs, exit: 0, deaf: false };
    const step = dice.pick(['created', 'gate', 'opened', 'running', 'running'] as const);
    return { id: `${round}-${index}`, pod, ...(isCancel && { fault: singleFault({ kind, step }, dice) }) };
  });
  const fault = sharedFault({ kind: isCancel ? 'nothing' : kind, step: isCancel ? 'start' : 'running' }, dice);
  // By then the pods of all runs are at work, and another worker is there.
  return { runs, faults: [{ ...fault, who: 'first', line: dice.int(90, 120) }] };
}

/** These are only seen in full by a pod that is still at work after a heartbeat timeout. */
const LASTING: readonly string[] = [
  'worker killed',
  'worker frozen past its heartbeat, then woken',
  'both partitioned past the heartbeat',
  'API: half-open connections',
  ...Object.keys(RESTARTS),
];

function podPlan(dice: Dice, long: boolean, fault: SingleFault | undefined): PodPlan {
  const flood = !long && dice.chance(0.2);
  const burst = flood ? dice.int(200, 2000) : dice.pick([1, 1, 3]);
  const pauseMs = flood ? dice.int(300, 1500) : dice.int(30, 120);
  const seconds = long ? dice.int(45, 60) : dice.int(2, 12);
  const lines = Math.max(20, Math.round((seconds * 1000 * burst) / pauseMs));
  return {
    lines: Math.min(lines, 20_000),
    burst,
    pauseMs,
    exit: dice.chance(0.12) ? dice.int(1, 99) : 0,
    deaf: fault !== undefined && dice.chance(0.25),
  };
}

const VERBS: Partial<Record<SharedKind, readonly SharedFault['verb'][]>> = {
  'API: request never answered': ['create', 'read', 'list', 'patch', 'delete', 'log'],
  'API: answers 409': ['create', 'patch', 'delete'],
  'API: answers 429': ['create', 'read', 'list', 'watch', 'patch', 'delete', 'log', 'events'],
  'API: answers 500, 503, 504': ['create', 'read', 'list', 'watch', 'patch', 'delete', 'log', 'events'],
};

function sharedFault({ kind, step }: { kind: SharedKind; step: Step }, dice: Dice): SharedFault {
  return {
    kind,
    step,
    line: dice.int(3, 40),
    who: kind === 'worker killed' && step !== 'running' ? 'first' : dice.pick(['first', 'both']),
    times: dice.int(1, 4),
    seconds: dice.int(3, 12),
    bytes: dice.int(1, 4000),
    how: dice.pick(['reset', 'eof']),
    status: kind === 'API: answers 409' ? 409 : kind === 'API: answers 429' ? 429 : dice.pick([500, 503, 504]),
    verb: dice.pick(VERBS[kind] ?? ['create']),
  };
}

const singleFault = ({ kind, step }: { kind: SingleKind; step: Step }, dice: Dice): SingleFault => ({
  kind,
  step,
  line: dice.int(1, 19),
  afterMs: dice.int(0, 400),
});

/** What may have been too much: the same plan with one fault less, or half of the runs, smallest changes last. */
export function* smaller(plan: RoundPlan): Generator<RoundPlan> {
  const { runs, faults } = plan;
  for (const keep of faults.length > 1 ? faults : []) yield { ...plan, faults: [keep] };
  if (faults.some(({ kind }) => kind !== 'nothing')) yield { ...plan, faults: [] };
  const half = Math.ceil(runs.length / 2);
  if (runs.length > 1) {
    yield { ...plan, runs: runs.slice(0, half) };
    yield { ...plan, runs: runs.slice(half) };
  }
  for (const one of runs)
    if (one.fault && runs.length > 1) yield { ...plan, runs: runs.filter((other) => other !== one) };
}
