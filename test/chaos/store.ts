/** Reads the stored logs as files, by what is written about them, and not by the product's own reader. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredLog {
  uid: string;
  runId: string;
  activityId: string;
  lines: string[];
  /** Places where the log itself says that lines are missing, with its words. */
  gaps: string[];
  /** It says that it is complete. */
  ended: boolean;
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const names = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

/** Of a workflow's pods: `<root>/<workflowId>/<runId>/<activityId>/<uid>/`. */
export function storedLogs(root: string, workflowId: string, container = 'base'): StoredLog[] {
  const all: StoredLog[] = [];
  for (const runId of names(join(root, workflowId)))
    for (const activityId of names(join(root, workflowId, runId)))
      for (const uid of names(join(root, workflowId, runId, activityId))) {
        const folder = join(root, workflowId, runId, activityId, uid);
        all.push({ uid, runId, activityId, ...chain(folder, container) });
      }
  return all;
}

/** So many bytes are stored of a workflow's pods. */
export function storedBytes(root: string, workflowId: string): number {
  let sum = 0;
  for (const runId of names(join(root, workflowId)))
    for (const activityId of names(join(root, workflowId, runId)))
      for (const uid of names(join(root, workflowId, runId, activityId))) {
        const folder = join(root, workflowId, runId, activityId, uid);
        for (const name of names(folder)) sum += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
      }
  return sum;
}

/** The segments with lines in them of all that is stored of a workflow's pods: each attempt writes its own. */
export function segmentsWithLines(root: string, workflowId: string): string[] {
  const folder = join(root, workflowId);
  const all = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const hasLine = (name: string) => readText(join(folder, name)).split('\n').slice(0, -1).some(isLine);
  return all.filter((name) => name.endsWith('.log') && hasLine(name));
}

const isLine = (line: string) => !line.startsWith('# ');

/** Each segment is valid up to where its successor says that it goes on. */
function chain(folder: string, container: string): Pick<StoredLog, 'lines' | 'gaps' | 'ended'> {
  const files = names(folder).filter((name) => name.startsWith(`${container}.0.`) && name.endsWith('.log'));
  const segments = files.map((name) => readFileSync(join(folder, name)));
  const lines: string[] = [];
  const gaps: string[] = [];
  let ended = false;
  let open: string | undefined;
  for (const [index, bytes] of segments.entries()) {
    const next = segments[index + 1];
    const header = next && (JSON.parse(next.toString('utf8', 2, next.indexOf(0x0a))) as { after?: { offset: number } });
    const valid = bytes.subarray(0, header?.after?.offset ?? bytes.lastIndexOf(0x0a) + 1).toString();
    for (const line of valid.split('\n').slice(0, -1)) {
      if (!isLine(line)) {
        ended ||= line.includes('"end":true');
        continue;
      }
      const [, tag = '', text = ''] = /^\S+ (\S+) (.*)$/.exec(line) ?? [];
      if (tag.startsWith('F')) {
        lines.push((open ?? '') + text);
        open = undefined;
      } else if (tag.startsWith('P')) open = (open ?? '') + text;
      else gaps.push(text || line);
    }
  }
  if (open !== undefined) lines.push(open);
  return { lines, gaps, ended };
}
