/** The level that a line of a log speaks of, where it does. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A level stands at the beginning of a line, or nowhere. */
const LOOK_AT = 200;

const NAMES: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  dbg: 'debug',
  verbose: 'debug',
  info: 'info',
  information: 'info',
  inf: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  critical: 'error',
  crit: 'error',
  fatal: 'error',
  panic: 'error',
  alert: 'error',
  emerg: 'error',
  emergency: 'error',
};
const LETTERS: Readonly<Record<string, Level>> = { D: 'debug', I: 'info', W: 'warn', E: 'error', F: 'error' };

/** `"level":"error"`, `"severity": "WARNING"`, and the numbers of pino and bunyan: `"level":50`. */
const json = /"(?:level|severity|lvl|log\.level|levelname|loglevel)"\s{0,4}:\s{0,4}(?:"([a-z]{1,12})"|(\d{1,3})\b)/i;
/** `level=warn`, `lvl="error"`. */
const logfmt = /(?:^|[\s,])(?:level|lvl|severity)\s?=\s?["']?([a-z]{1,12})\b/i;
/** klog and glog: `E0102 15:04:05.000000 …`. */
const klog = /^([DIWEF])\d{4} \d{2}:\d{2}:\d{2}/;
/** What stands before a level that stands apart: dates, times, zones, numbers of processes, a bracketed part or two. */
const preamble = /^(?:[\d:.,/TZ+-]{1,40}[\s|]{1,3}|\[[^\]]{1,60}\][\s:|-]{0,3}|\{[^}]{1,60}\}\s{1,3}){0,6}/;
/** `ERROR:`, `[WARN]`, `<info>`, `(debug)`, `WARNING:root:`, `ERROR - `, `INFO  com.example.Main`. */
const apart = /^[[(<|*\s]{0,3}([A-Za-z]{3,11})(?=[\])>|:\s,-]|$)[\])>|:\s,-]?/;

/**
 * Undefined when it does not say. A word in mixed case or without punctuation is a sentence, not a level: "Error rates are low",
 * "information about".
 */
export function levelOf(line: string): Level | undefined {
  const text = line.length > LOOK_AT ? line.slice(0, LOOK_AT) : line;
  if (text.trimStart().startsWith('{')) {
    const [, name, number] = json.exec(text) ?? [];
    return name ? named(name) : number ? numbered(Number(number)) : undefined;
  }
  const letter = klog.exec(text)?.[1];
  if (letter) return LETTERS[letter];
  return standingApart(text) ?? named(logfmt.exec(text)?.[1]);
}

function standingApart(text: string): Level | undefined {
  const head = preamble.exec(text)?.[0] ?? '';
  // A bracketed level is swallowed by the preamble: the last one of them counts.
  for (const [, inside] of head.matchAll(/\[\s{0,3}([A-Za-z]{3,11})\s{0,3}\]/g)) {
    const level = named(inside);
    if (level) return level;
  }
  const found = apart.exec(text.slice(head.length));
  const word = found?.[1];
  if (!found || !word) return undefined;
  const isMarked = /^[[(<|]|[\])>|:]$/.test(found[0].trim()) || head !== '' || word === word.toUpperCase();
  return isMarked && (word === word.toUpperCase() || word === word.toLowerCase() || /[:\])>|]$/.test(found[0]))
    ? named(word)
    : undefined;
}

const named = (name: string | undefined): Level | undefined => {
  const key = name?.toLowerCase() ?? '';
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
};

/** pino and bunyan: 10 trace … 60 fatal. Other numbers say nothing. */
function numbered(number: number): Level | undefined {
  if (number < 10 || number > 60) return undefined;
  return number < 30 ? 'debug' : number < 40 ? 'info' : number < 50 ? 'warn' : 'error';
}
