/** `show --watch`: the same picture, drawn again in place; without a terminal, a line for each task that has changed. */
import { untilLeft } from '../terminal/interrupts.ts';
import { leaveWithReader, nameText } from '../terminal/stdout.ts';
import { apart, lineText, type Line, TerminalFrame } from '../terminal/lines.ts';
import type { LiveRun } from './live-run.ts';
import { taskLines, taskNews } from './task-lines.ts';
import { viewOf, footLines, headLines, statusLines, type RunView } from './view.ts';

interface Picture {
  /** Draws what is new. */
  draw(view: RunView): void;
  /** A word in between. */
  say(text: string): void;
  end(view: RunView): void;
  close(): void;
}

/** The exit code: 0 for a run that ended well, 1 for one that did not, 130 for one that was left alone. */
export function watchRun(run: Pick<LiveRun, 'known' | 'follow'>, { stdout, stderr } = process): Promise<number> {
  leaveWithReader(stdout);
  const say = (text: string) => void stderr.write(`${nameText(text)}\n`);
  const picture = stdout.isTTY ? onTerminal(stdout, say) : asLines(stdout, say);
  return untilLeft(async (left) => {
    try {
      await run.follow(left, {
        say: (text) => picture.say(text),
        changed() {
          const { known } = run;
          const { isBegun, closed } = known.history;
          if (isBegun && !closed && !left.aborted) picture.draw(viewOf(known, Date.now()));
        },
      });
      const view = viewOf(run.known, Date.now());
      if (left.aborted) return say(`left ${view.workflowId}; it goes on without you`);
      picture.end(view);
      return view.status === 'completed' || view.status === 'continued-as-new' ? 0 : 1;
    } finally {
      picture.close();
    }
  });
}

function onTerminal(stdout: NodeJS.WriteStream, say: Picture['say']): Picture {
  const frame = new TerminalFrame(stdout);
  const whole = (lines: readonly Line[]) => {
    for (const line of lines) stdout.write(`${lineText(line, { isTTY: true })}\n`);
  };
  let last: RunView | undefined;
  const draw = (view: RunView) => {
    if (!last) whole(headLines(view));
    last = view;
    const now = Date.now();
    const [status, foot] = [statusLines(view, now), footLines(view)];
    const tasks = taskLines(view.graph, now, Math.max(1, frame.room - status.length - 1 - foot.length));
    frame.draw([...status, ...apart(tasks), ...foot]);
  };
  const resized = () => {
    if (!last) return;
    frame.clearAll();
    whole(headLines(last));
    draw(last);
  };
  stdout.on('resize', resized);
  return {
    draw,
    say(text) {
      frame.clear();
      say(text);
      if (last) draw(last);
    },
    end(view) {
      if (!last) whole(headLines(view));
      frame.clear();
      const now = Date.now();
      const status = statusLines(view, now);
      whole(status);
      // Of many tasks as much as is on the screen: who wants them all, asks `show` without watching.
      for (const line of apart(taskLines(view.graph, now, frame.room - status.length - 1)))
        stdout.write(`${lineText(line, stdout)}\n`);
      whole(footLines(view));
    },
    close: () => void stdout.off('resize', resized),
  };
}

function asLines(stdout: NodeJS.WriteStream, say: Picture['say']): Picture {
  const said = new Map<string, string>();
  let begun = false;
  const print = (lines: readonly Line[]) => lines.forEach((line) => void stdout.write(`${lineText(line, stdout)}\n`));
  const draw = (view: RunView) => {
    if (!begun) print(headLines(view));
    begun = true;
    for (const [name, { key, line }] of taskNews(view.graph, Date.now())) {
      // That there is nothing more to say of what it does is no news.
      if (said.get(name)?.startsWith(key)) continue;
      stdout.write(`${nameText(line)}\n`);
      said.set(name, key);
    }
  };
  return {
    draw,
    say,
    end(view) {
      draw(view);
      print([...statusLines(view, Date.now()), ...footLines(view)]);
    },
    close: () => undefined,
  };
}
