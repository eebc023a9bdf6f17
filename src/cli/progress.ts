/** How far a command is: a bar on a terminal, plain lines otherwise. */
import { SingleBar } from "cli-progress";

export interface Progress {
  /** Moves to `done` of `total`; `note` is shown beside the bar. */
  update(done: number, total: number, note?: string): void;
  /** A line that stays. */
  line(text: string): void;
  stop(): void;
}

/** Writes to stderr, so that stdout holds results only. */
export function startProgress(title: string): Progress {
  return process.stderr.isTTY ? barProgress(title) : plainProgress(title);
}

/** Says nothing. */
export const silentProgress: Progress = { update: () => {}, line: () => {}, stop: () => {} };

function barProgress(title: string): Progress {
  const bar = new SingleBar({
    format: `${title} {bar} {value}/{total}  {note}  {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: null,
    clearOnComplete: true,
    etaBuffer: 50,
    gracefulExit: false,
  });
  let isStarted = false;
  let last = { done: 0, total: 0, note: "" };
  const show = (): void => {
    if (isStarted) bar.update(last.done, { note: last.note });
    else bar.start(last.total, last.done, { note: last.note });
    isStarted = true;
  };
  return {
    update: (done, total, note = "") => {
      last = { done, total, note };
      show();
    },
    line: (text) => {
      if (isStarted) bar.stop();
      const wasStarted = isStarted;
      isStarted = false;
      process.stderr.write(`${text}\n`);
      if (wasStarted) show();
    },
    stop: () => {
      if (isStarted) bar.stop();
      isStarted = false;
    },
  };
}

/** One line for each tenth of the way. */
function plainProgress(title: string): Progress {
  let told = 0;
  return {
    update: (done, total) => {
      const tenth = Math.floor((10 * done) / total);
      if (tenth <= told) return;
      told = tenth;
      process.stderr.write(`${title}: ${done} of ${total}\n`);
    },
    line: (text) => {
      process.stderr.write(`${text}\n`);
    },
    stop: () => {},
  };
}
