/**
 * `npm run chaos`: the three promises, on real servers, under faults that follow from a seed. Ends with 0 only when every column of the
 * table is zero and every fault of the plan has really acted.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mainState } from './kube.ts';
import { MUTANTS, makeMutant } from './mutants.ts';
import { isBad, judge, type Verdict } from './oracle.ts';
import { kindsOf, RESTARTS, rounds, SHARED, SINGLE, smaller, type PlanOptions, type RoundPlan } from './plan.ts';
import { replayer, type Replayer } from './replay.ts';
import { Lane, type RunFacts } from './round.ts';
import { Table, type StoredTable } from './table.ts';
import { openWorld, PROJECT, type OpenWorld } from './world.ts';

export interface CampaignOptions extends PlanOptions {
  seed: number;
  /** Ends after so many runs, or so long, whichever is first. */
  runs: number;
  minutes: number;
  lanes: number;
  /** Only this round of the seed. */
  round?: number;
  mutant?: string;
  shrink: boolean;
  verbose: boolean;
}

export interface Campaign {
  table: Table;
  /** Faults that might have come. */
  kinds: readonly string[];
  failures: { plan: RoundPlan; words: string[] }[];
}

interface Played {
  plan: RoundPlan;
  runs: { facts: RunFacts; verdict: Verdict }[];
  fired: ReadonlyMap<string, number>;
}

export async function campaign(options: CampaignOptions, say: (words: string) => void): Promise<Campaign> {
  const { mutant } = options;
  const world = await openWorld(
    say,
    mutant === undefined ? undefined : (folder) => makeMutant(PROJECT, folder, mutantOf(mutant)),
    options.restarts,
  );
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await inWorld(world, options, say, stop.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await world.close();
  }
}

function mutantOf(name: string) {
  const mutant = MUTANTS[name];
  if (!mutant) throw new Error(`no mutant '${name}'; there are ${Object.keys(MUTANTS).join(', ')}`);
  return mutant;
}

async function inWorld(
  world: OpenWorld,
  options: CampaignOptions,
  say: (words: string) => void,
  stop: AbortSignal,
): Promise<Campaign> {
  const table = new Table();
  const failures: Campaign['failures'] = [];
  const until = Date.now() + options.minutes * 60_000;
  const plans = rounds(options.seed, options);
  const replay = await replayer(world.root);
  const suffix = Date.now().toString(36);
  const names = Array.from({ length: options.lanes }, (_, index) => `chaos-${suffix}-${index}`);
  let runs = 0;

  function nextPlan(): RoundPlan | undefined {
    if (stop.aborted || Date.now() > until || runs >= options.runs) return undefined;
    const plan = plans.next().value as RoundPlan;
    if (options.round !== undefined && plan.round < options.round) return nextPlan();
    if (options.round !== undefined && plan.round > options.round) return undefined;
    const cut = { ...plan, runs: plan.runs.slice(0, options.runs - runs) };
    runs += cut.runs.length;
    return cut;
  }

  async function work(name: string): Promise<void> {
    const lane = await Lane.open(world, name);
    try {
      for (let plan = nextPlan(); plan; plan = nextPlan()) {
        const played = await play(lane, plan, replay, world);
        enter(table, played);
        say(lineOf(played));
        const bad = played.runs.filter(({ verdict }) => isBad(verdict));
        if (bad.length === 0) continue;
        const words = tell(played);
        for (const word of words) say(word);
        if (options.verbose) for (const line of lane.said.slice(-200)) say(`    ${line}`);
        failures.push({ plan, words });
        if (options.shrink) await shrink(lane, plan, replay, world, say, until);
      }
    } finally {
      await lane.close();
    }
  }
  const ends = await Promise.allSettled(names.map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  // One round does not reach everything, and is not asked to.
  return { table, kinds: options.round === undefined ? kindsOf(options) : [], failures };
}

async function play(lane: Lane, plan: RoundPlan, replay: Replayer, { client }: OpenWorld): Promise<Played> {
  const { runs, fired } = await lane.play(plan);
  const histories = runs.flatMap(({ workflowId, runIds }) => runIds.map((runId) => ({ workflowId, runId })));
  const errors = await replay.check(client, histories);
  const judged = runs.map((facts) => {
    const error = facts.runIds.map((id) => errors.get(id)).find((one) => one !== undefined);
    return { facts, verdict: judge(facts, error) };
  });
  return { plan, runs: judged, fired };
}

function enter(table: Table, { plan, runs, fired }: Played): void {
  for (const { kind } of plan.faults) table.planned(kind);
  for (const { fault } of plan.runs) if (fault) table.planned(fault.kind);
  for (const [kind, times] of fired) table.fired(kind, times);
  for (const { facts, verdict } of runs) table.add(facts.met, verdict, facts.seen.length, facts.runIds.length);
}

const faultWords = ({ faults }: RoundPlan) =>
  faults.map(({ kind, step, who }) => `${kind} @ ${step} (${who})`).join(' + ') || 'nothing';

function lineOf({ plan, runs, fired }: Played): string {
  const single = plan.runs.flatMap(({ fault }) => (fault ? [`${fault.kind} @ ${fault.step}`] : []));
  const bad = runs.filter(({ verdict }) => isBad(verdict)).length;
  const acted = plan.faults.every(({ kind }) => kind === 'nothing' || fired.has(kind)) ? '' : ' (did not act)';
  const took = Math.max(0, ...runs.map(({ facts }) => facts.closedAt - facts.startedAt)) / 1000;
  return (
    `round ${plan.seed}/${plan.round}: ${bad ? `${bad} BAD of ` : ''}${runs.length} runs in ${took.toFixed(0)} s; ` +
    `${faultWords(plan)}${acted}${single.length ? `; ${single.join(', ')}` : ''}`
  );
}

/** Everything about the bad runs of a round. */
function tell({ plan, runs }: Played): string[] {
  const words = [`  plan: ${JSON.stringify(plan.faults)}`];
  for (const { facts, verdict } of runs) {
    if (!isBad(verdict)) continue;
    const { orphans, doubled, lost, repeated, wrong, notes } = verdict;
    const { status, failure } = facts.end;
    words.push(
      `  ${facts.workflowId}: ${JSON.stringify({ orphans, doubled, lost, repeated, wrong })}`,
      `    plan ${JSON.stringify(facts.plan)}`,
      `    met ${[...facts.met].join(', ') || 'nothing'}; ended as ${status}${failure ? ` ${failure.type}: ${failure.message.slice(0, 200)}` : ''}`,
      ...notes.map((note) => `    ${note}`),
      ...facts.seen.map(
        ({ name, pod, createdAt, ranAt, endedAt, deletingAt, goneAt, exitCode }) =>
          `    pod ${name}: ${JSON.stringify(
            Object.fromEntries(
              Object.entries({
                createdAt,
                ranAt,
                endedAt,
                deletingAt,
                goneAt,
                actedAt: facts.actedAt,
                closedAt: facts.closedAt,
              }).map(([what, at]) => [what, at === undefined ? undefined : (at - facts.startedAt) / 1000]),
            ),
          )} exit ${exitCode}; ${JSON.stringify(mainState(pod))}`,
      ),
    );
  }
  return words;
}

const SHRINK_TRIES = 6;

/** The same round with less in it, as long as that still fails. Counts nothing in the table. */
async function shrink(
  lane: Lane,
  plan: RoundPlan,
  replay: Replayer,
  world: OpenWorld,
  say: (words: string) => void,
  until: number,
): Promise<void> {
  let smallest = plan;
  let tries = 0;
  for (let found = true; found;) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if (tries++ >= SHRINK_TRIES || Date.now() > until) break;
      const played = await play(lane, candidate, replay, world);
      if (!played.runs.some(({ verdict }) => isBad(verdict))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  if (smallest === plan) return say('  no smaller plan failed again');
  say(`  it fails with less: ${faultWords(smallest)}; runs ${JSON.stringify(smallest.runs)}`);
}

const STORED = 'chaos-table ';

/** The tables of a campaign, and hidden in them what is needed to put several together. */
export const fileOf = (title: string, table: Table): string =>
  [`### ${title}`, '', table.toMarkdown(), '', `<!-- ${STORED}${JSON.stringify(table)} -->`, ''].join('\n');

/** @throws when a text is none of `fileOf` */
export function joined(texts: readonly string[]): Table {
  const table = new Table();
  for (const text of texts) {
    const [, stored] = new RegExp(`^<!-- ${STORED}(.*) -->$`, 'm').exec(text) ?? [];
    if (stored === undefined) throw new Error('that is no file of --out');
    table.join(JSON.parse(stored) as StoredTable);
  }
  return table;
}

/** What is said at the end, and whether all is well. */
export function conclusion({ table, kinds, failures }: Campaign, seed: number): { words: string; isWell: boolean } {
  const planned = new Set([...table.rows].filter(([, { planned }]) => planned > 0).map(([kind]) => kind));
  const missed = kinds.filter((kind) => !planned.has(kind));
  const isWell = table.isClean && table.vain.length === 0 && table.sums.runs > 0;
  const words = [
    '',
    table.toMarkdown(),
    '',
    `Seed ${seed}.`,
    ...(table.vain.length > 0 ? [`Planned, and never acted (no proof): ${table.vain.join(', ')}.`] : []),
    ...(missed.length > 0 ? [`Not reached: ${missed.join(', ')}.`] : []),
    ...(failures.length > 0
      ? [
          `${failures.length} bad rounds: ${failures.map(({ plan }) => `--seed ${plan.seed} --round ${plan.round}`).join(', ')} (with the same --per-round, --only, --quick and --restarts)`,
        ]
      : []),
  ];
  return { words: words.join('\n'), isWell };
}

const HELP = `Usage: npm run chaos -- [options]

Runs pods on the local stack and breaks what is around them, by a seed.
  --seed N        repeats a campaign (default: a new one, which is printed)
  --round N       only this round of the seed
  --minutes N     ends after so long (default 30)
  --runs N        ends after so many runs
  --per-round N   runs at once in one round (default 10)
  --lanes N       rounds at once, each with two workers of its own (default 1)
  --only TEXT     only faults whose name has this in it; may be repeated
  --quick         leaves out faults that take longer than some seconds
  --restarts      other faults: restarts of servers and lost nodes, in a stack of its own beside the shared one (one lane)
  --out FILE      also writes the tables to this file
  --join FILE     of files that --out wrote, one table; runs nothing; may be repeated
  --mutant NAME   of a known-bad copy of the product: ${Object.keys(MUTANTS).join(', ')}
  --no-shrink     does not look for a smaller plan that fails
  --verbose       with a bad round, the last lines of its workers
  --list          every fault and its steps`;

async function command(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      seed: text,
      round: text,
      minutes: text,
      runs: text,
      'per-round': text,
      lanes: text,
      only: { type: 'string', multiple: true },
      quick: flag,
      restarts: flag,
      out: text,
      join: { type: 'string', multiple: true },
      mutant: text,
      shrink: { type: 'boolean', default: true },
      verbose: flag,
      list: flag,
      help: flag,
    },
  });
  if (values.help) return (console.log(HELP), 0);
  if (values.list) {
    for (const [kind, steps] of Object.entries({ ...SHARED, ...SINGLE, ...RESTARTS }))
      console.log(`${kind}: ${steps.join(', ')}`);
    return 0;
  }
  if (values.join) {
    const table = joined(values.join.map((file) => readFileSync(file, 'utf8')));
    console.log(fileOf(`${values.join.length} campaigns`, table));
    return table.isClean && table.vain.length === 0 ? 0 : 1;
  }
  const number = (value: string | undefined, without: number) => (value === undefined ? without : Number(value));
  const { mutant, restarts = false } = values;
  const seed = number(values.seed, Date.now() % 1_000_000);
  const only = values.only ?? (mutant === undefined ? [] : mutantOf(mutant).only);
  console.log(`seed ${seed}${mutant === undefined ? '' : `, mutant ${mutant}: ${mutantOf(mutant).what}`}`);
  const done = await campaign(
    {
      seed,
      only,
      runs: number(values.runs, Infinity),
      minutes: number(values.minutes, 30),
      // One server is the same for all lanes, and what it did is told to one.
      lanes: restarts ? 1 : number(values.lanes, 1),
      restarts,
      runsPerRound: number(values['per-round'], 10),
      quick: values.quick ?? false,
      shrink: values.shrink && mutant === undefined,
      verbose: values.verbose ?? false,
      ...(values.round !== undefined && { round: Number(values.round) }),
      ...(mutant !== undefined && { mutant }),
    },
    (words) => console.log(words),
  );
  const { words, isWell } = conclusion(done, seed);
  console.log(words);
  if (values.out !== undefined) writeFileSync(values.out, fileOf(`Seed ${seed}`, done.table));
  return isWell ? 0 : 1;
}

// All is closed by now. A campaign of twelve minutes was once seen to stay, busy with nothing, after its last word.
if (import.meta.main) process.exit(await command());
